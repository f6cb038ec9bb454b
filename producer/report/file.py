"""Write a report to a file atomically, and summarize it for the user."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from glasses.config.cores import cores
from glasses.protocol.photo_result import PhotoResult
from glasses.protocol.verdict import Verdict
from producer import atomic_file
from producer.console import progress_bars
from producer.extras import can_decode
from producer.pluralize import pluralize
from producer.report.page import ReportInfo, write_page
from producer.report.picture_files import EMBED_MB, TYPICAL_BYTES, PictureFiles
from producer.report.previews import Previews
from producer.report.thumbnails import Fetch, PictureMaker, ReportPicture

NO_THUMBNAILS = (
    "No thumbnails: they require `pip install 'people-with-glasses[worker]'` on the machine that "
    "writes the report. Photos are shown from their files."
)


@dataclass(frozen=True, slots=True)
class ReportRequest:
    """Options of a report.

    Attributes:
        path: The file to write.
        links: Let the large view load the photo files.
        thumbnails: Make thumbnails.
        folder: Current folder of the photos, see `PhotoResult.source`.
        previews: Which photos have a larger picture, too.
        embed_mb: Limit of the pictures in the page, in MB; the others are stored beside it.
    """

    path: Path
    links: bool = True
    thumbnails: bool = True
    folder: Path | None = None
    previews: Previews = Previews.NEEDED
    embed_mb: int = EMBED_MB

    def check(self) -> None:
        """Check that the file can be written, before any work is done.

        Raises:
            UsageError: It cannot be written.
        """
        atomic_file.check(self.path)

    def pictures(self) -> str:
        """Return a sentence about the source of the pictures."""
        if not self.thumbnails:
            return "No thumbnails (--no-thumbnails)."
        if not can_decode():
            return NO_THUMBNAILS
        if self.previews is Previews.ALL:
            return "The large view shows previews of at most 1,024 px."
        if self.links:
            return "The large view loads the photo files if they are still at the same paths."
        return "Thumbnails only: the photo files are not linked."

    def picture_files(self, photos: int | None) -> PictureFiles:
        """Return the place of the pictures; a device or a pipe has no folder beside it.

        Args:
            photos: Number of photos; None: unknown.
        """
        is_file = not self.path.exists() or self.path.is_file()
        embed_bytes = self.embed_mb * 1_000_000
        if photos is not None and photos * TYPICAL_BYTES > embed_bytes:
            embed_bytes = 0  # there will be a folder anyway, and a small page opens sooner
        return PictureFiles(self.path if is_file else None, embed_bytes)


@dataclass(frozen=True, slots=True)
class ReportSummary:
    """Figures of a written report.

    Attributes:
        photos: Number of photos.
        thumbnails: Number of photos with a thumbnail.
        size: Size of the file in bytes.
        previews: Number of photos with a preview.
        folder: Folder of the pictures that the file does not contain; None without any.
        folder_size: Their size in bytes.
    """

    photos: int
    thumbnails: int
    size: int
    previews: int = 0
    folder: str | None = None
    folder_size: int = 0


def write_report(
    request: ReportRequest,
    info: ReportInfo,
    photos: Iterable[PhotoResult],
    fetch: Fetch,
    total: int | None,
    bar: bool = True,
    others: int = 0,
) -> ReportSummary:
    """Write a report.

    Args:
        request: Options of the report.
        info: Header of the page.
        photos: The photos, in the order of the page.
        fetch: Reads a photo's bytes from the object store.
        total: Number of photos, for the progress bar; None: unknown.
        bar: Show a progress bar; False if iterating over `photos` writes to stdout.
        others: Number of processes that produce `photos` and share the memory.

    Raises:
        UsageError: The file cannot be written.
    """
    thumbnails = request.thumbnails and can_decode()
    folder = request.path.absolute().parent if request.links else None
    pictures = PictureMaker(
        folder, request.folder, fetch, thumbnails, cores(), others, request.previews
    )
    files = request.picture_files(total)
    with_thumbnail, with_preview = 0, 0

    with progress_bars() if bar else nullcontext() as bars:
        task = bars.add_task("report", total=total, note="") if bars else None

        def rows() -> Iterator[tuple[Verdict, ReportPicture]]:
            nonlocal with_thumbnail, with_preview
            for verdict, picture in pictures.of(photos):
                with_thumbnail += bool(picture.thumbnail)
                with_preview += bool(picture.preview)
                if bars and task is not None:
                    bars.advance(task)
                yield verdict, picture

        with (
            atomic_file.atomic_file(request.path) as binary,
            io.TextIOWrapper(binary, "utf-8") as out,
        ):
            count = write_page(out, info, rows(), files)
    files.remove_unused()
    return ReportSummary(
        count,
        with_thumbnail,
        request.path.stat().st_size,
        with_preview,
        str(files.folder) if files.count else None,
        files.size,
    )


def describe(request: ReportRequest, report: ReportSummary) -> str:
    """Return a line with the file and its figures."""
    counts = [pluralize(report.photos, "photo"), pluralize(report.thumbnails, "thumbnail")]
    if report.previews:
        counts.append(pluralize(report.previews, "preview"))
    text = f"{request.path}: {', '.join(counts)}, {_size(report.size)}"
    if report.folder:
        text += f", and {_size(report.folder_size)} in {report.folder}: keep it beside the report"
    if request.thumbnails and not can_decode():
        text += f"\n{NO_THUMBNAILS}"
    return text


def _size(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 1e5 else f"{size / 1e3:.0f} kB"

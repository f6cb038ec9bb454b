"""The report as a file: there when it is whole, with words on how it was made."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from glasses.judged import Judged
from glasses.verdict import Verdict
from producer import whole
from producer.counted import counted
from producer.narration import progress_bars
from producer.needs import can_decode
from producer.report.page import About, write
from producer.report.pictures import Fetch, Picture, Pictures

NO_THUMBNAILS = (
    "Without thumbnails: they need `pip install 'people-with-glasses[worker]'` where the report is "
    "made. The photos are shown from their files."
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a report is wanted.

    Attributes:
        path: Of the file.
        links: The large view may show the photos' own files.
        thumbnails: Put small pictures into the file.
        folder: Where the photos are now, see `Judged.source`.
    """

    path: Path
    links: bool = True
    thumbnails: bool = True
    folder: Path | None = None

    def check(self) -> None:
        """Refuse a place that cannot be written, before anything is done.

        Raises:
            UsageError: Names it.
        """
        whole.check(self.path)

    def pictures(self) -> str:
        """Where the pictures come from, in words."""
        if not self.thumbnails:
            return "Without thumbnails, as asked for."
        if not can_decode():
            return NO_THUMBNAILS
        if self.links:
            return "The large view shows the photos' own files while they are where they were."
        return "Thumbnails only: the photos' own files are not linked."


@dataclass(frozen=True, slots=True)
class Written:
    """A report that was written.

    Attributes:
        photos: In it.
        thumbnails: Of them with a small picture.
        size: Of the file in bytes.
    """

    photos: int
    thumbnails: int
    size: int


def write_report(
    wanted: Wanted,
    about: About,
    photos: Iterable[Judged],
    fetch: Fetch,
    total: int | None,
    bar: bool = True,
) -> Written:
    """Write a report.

    Args:
        wanted: What and where.
        about: See `About`.
        photos: In the order of the page.
        fetch: Asks the object store for a photo's bytes.
        total: How many photos there will be, for the progress bar.
        bar: Draw one; not where `photos` writes to stdout as it goes.

    Raises:
        UsageError: The file cannot be written.
    """
    thumbnails = wanted.thumbnails and can_decode()
    pictures = Pictures(
        wanted.path.absolute().parent if wanted.links else None, wanted.folder, fetch, thumbnails
    )
    made = 0

    with progress_bars() if bar else nullcontext() as bars:
        task = bars.add_task("report", total=total, note="") if bars else None

        def advancing() -> Iterator[tuple[Verdict, Picture]]:
            nonlocal made
            for verdict, picture in pictures.of(photos):
                made += bool(picture.thumbnail)
                if bars and task is not None:
                    bars.advance(task)
                yield verdict, picture

        with whole.whole(wanted.path) as binary, io.TextIOWrapper(binary, "utf-8") as out:
            count = write(out, about, advancing())
    return Written(count, made, wanted.path.stat().st_size)


def in_words(wanted: Wanted, written: Written) -> str:
    """What was written."""
    size = written.size
    unit = f"{size / 1e6:.1f} MB" if size >= 1e5 else f"{size / 1e3:.0f} kB"
    photos = counted(written.photos, "photo")
    text = f"{wanted.path}: {photos}, {counted(written.thumbnails, 'thumbnail')}, {unit}"
    if wanted.thumbnails and not can_decode():
        text += f"\n{NO_THUMBNAILS}"
    return text

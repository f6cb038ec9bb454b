"""Make the pictures of a report and find its dates, from the submitted files or the object store.

Decoding requires the worker packages. Without them, the page shows the photo files, in formats that
the browser supports. With them, photos are decoded in child processes with a worker's memory and
time limits; photos that failed in a worker are not decoded again.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from glasses.config.regular_file import read_regular
from glasses.config.settings import get_settings
from glasses.protocol.photo_result import PhotoResult
from glasses.protocol.schemas import ManifestEntry
from glasses.protocol.statuses import UNDECODABLE_REASONS
from glasses.protocol.verdict import Verdict
from producer.report.browser_formats import browsers_show
from producer.report.previews import Previews

if TYPE_CHECKING:
    from worker.local import Thumbnails

Fetch = Callable[[ManifestEntry], bytes | None]
"""Manifest entry -> the photo's bytes; None if the object store does not have them."""
_AHEAD = 64
"""Maximum number of photos decoded or queued ahead of the one being written."""


@dataclass(frozen=True, slots=True)
class ReportPicture:
    """The picture of a photo in a report.

    Attributes:
        thumbnail: WebP; empty: none.
        width: Width of the full-size upright photo in px; 0: unknown.
        height: Likewise.
        link: URL of the photo file relative to the report; None: not linked.
        preview: WebP for the large view; empty: none.
        date: When the photo was taken, else when its file was last modified, in local time.
        is_taken: Whether `date` is the former.
    """

    thumbnail: bytes = b""
    width: int = 0
    height: int = 0
    link: str | None = None
    preview: bytes = b""
    date: datetime | None = None
    is_taken: bool = False


class PictureMaker:
    """Make the pictures of a report.

    Args:
        report: Folder of the report, which links are relative to; None: no links.
        folder: Current folder of the photos, see `PhotoResult.source`.
        fetch: Reads a photo's bytes from the object store.
        thumbnails: Make thumbnails.
        processes: Number of processes that decode photos.
        others: Number of other processes that decode photos and share the memory.
        previews: Which photos have a preview.
    """

    def __init__(
        self,
        report: Path | None,
        folder: Path | None,
        fetch: Fetch,
        thumbnails: bool,
        processes: int = 1,
        others: int = 0,
        previews: Previews = Previews.NEEDED,
    ) -> None:
        self._report = report.resolve() if report else None
        self._folder = folder
        self._fetch = fetch
        self._thumbnails = thumbnails
        self._processes = processes
        self._others = others
        self._previews = previews

    def of(self, photos: Iterable[PhotoResult]) -> Iterator[tuple[Verdict, ReportPicture]]:
        """Yield each photo's verdict with its picture, in order."""
        if not self._thumbnails:
            for photo in photos:
                yield photo.verdict, self._file(photo)
            return
        from worker.local import Processes, Thumbnails

        remaining = iter(photos)
        running: deque[tuple[Verdict, Future[ReportPicture]]] = deque()
        processes = Processes.of(get_settings(), self._processes, self._others)
        thumbnails = Thumbnails(processes)
        with ThreadPoolExecutor(self._processes, "thumbnail") as pool:
            try:
                while True:
                    for photo in islice(remaining, _AHEAD - len(running)):
                        picture = pool.submit(self._picture, photo, thumbnails)
                        running.append((photo.verdict, picture))
                    if not running:
                        return
                    verdict, picture = running.popleft()
                    yield verdict, picture.result()
            finally:
                for _, picture in running:
                    picture.cancel()
                thumbnails.close()

    def _file(self, photo: PhotoResult) -> ReportPicture:
        source = photo.source(self._folder)
        if source is None or not source.is_file():
            return ReportPicture()
        return ReportPicture(link=self._link(source), date=_modified(source))

    def _picture(self, photo: PhotoResult, thumbnails: Thumbnails) -> ReportPicture:
        content = photo.verdict.sha256
        if content is None or photo.verdict.reason in UNDECODABLE_REASONS:
            return self._file(photo)
        source = photo.source(self._folder)
        data = _read(source, content, photo.entry.size or 0)
        link, date = None, None
        if data is not None and source:
            link, date = self._link(source), _modified(source)
        if data is None:
            data = self._fetch(photo.entry)
        if data is None:
            return ReportPicture()
        small = thumbnails.of(data, self._has_preview(data))
        if small is None:
            return ReportPicture(link=link, date=date)
        date, is_taken = small.taken or date, small.taken is not None
        return ReportPicture(
            small.data, small.width, small.height, link, small.preview, date, is_taken
        )

    def _has_preview(self, data: bytes) -> bool:
        if self._previews is Previews.NEEDED:
            return not browsers_show(data)
        return self._previews is Previews.ALL

    def _link(self, source: Path) -> str | None:
        if self._report is None:
            return None
        relative = os.path.relpath(os.path.abspath(source), self._report)
        return quote(os.fsencode(relative))


def _modified(source: Path) -> datetime | None:
    try:
        return datetime.fromtimestamp(source.stat().st_mtime)
    except (OSError, OverflowError, ValueError):  # a time that no calendar has
        return None


def _read(source: Path | None, content: str, size: int) -> bytes | None:
    """Return a file's content; None if it has changed since it was classified."""
    try:
        data = read_regular(source, size) if source else b""
    except (OSError, ValueError):
        return None
    return data if sha256(data).hexdigest() == content else None

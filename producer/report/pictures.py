"""Where a report's pictures come from: the submitted files, else the object store.

The commands alone cannot decode photos. Where the worker's packages are not installed, the page
shows the files themselves, as far as the browser can.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from pathlib import Path
from urllib.parse import quote

from glasses.judged import Judged
from glasses.regular import read_regular
from glasses.schemas import ManifestEntry
from glasses.verdict import Verdict

Fetch = Callable[[ManifestEntry], bytes | None]
"""A line of the manifest -> the bytes, if the object store has them."""
_AHEAD = 64
"""Photos decoded at a time."""


@dataclass(frozen=True, slots=True)
class Picture:
    """What a report shows of a photo.

    Attributes:
        thumbnail: WebP; empty: none.
        width: Of the full-size upright photo in px; 0: not known.
        height: Likewise.
        link: URL of the photo's file relative to the report; None: it is not linked.
    """

    thumbnail: bytes = b""
    width: int = 0
    height: int = 0
    link: str | None = None


class Pictures:
    """Finds the pictures of a report.

    Args:
        report: Folder of the report, that links are relative to; None: no links.
        folder: Where the photos are now, see `Judged.source`.
        fetch: Asks the object store.
        thumbnails: Make them.
    """

    def __init__(
        self, report: Path | None, folder: Path | None, fetch: Fetch, thumbnails: bool
    ) -> None:
        self._report = report.resolve() if report else None
        self._folder = folder
        self._fetch = fetch
        self._thumbnails = thumbnails

    def of(self, photos: Iterable[Judged]) -> Iterator[tuple[Verdict, Picture]]:
        """Each photo's verdict with its picture, in order."""
        remaining = iter(photos)
        with ThreadPoolExecutor(os.cpu_count(), "thumbnail") as pool:
            while some := list(islice(remaining, _AHEAD)):
                for photo, picture in zip(some, pool.map(self._picture, some), strict=True):
                    yield photo.verdict, picture

    def _picture(self, photo: Judged) -> Picture:
        source = photo.source(self._folder)
        if not self._thumbnails:
            return Picture(link=self._link(source) if source and source.is_file() else None)
        content = photo.verdict.sha256
        if content is None:
            return Picture()
        data = _read(source, content)
        link = self._link(source) if data is not None and source else None
        return _thumbnail(data if data is not None else self._fetch(photo.entry), link)

    def _link(self, source: Path) -> str | None:
        if self._report is None:
            return None
        relative = os.path.relpath(os.path.abspath(source), self._report)
        return quote(os.fsencode(relative))


def _read(source: Path | None, content: str) -> bytes | None:
    """A file's bytes if they are still those that were judged."""
    try:
        data = read_regular(source) if source else b""
    except (OSError, ValueError):
        return None
    return data if sha256(data).hexdigest() == content else None


def _thumbnail(data: bytes | None, link: str | None) -> Picture:
    from worker.errors import PhotoError
    from worker.thumbnail import thumbnail

    if data is None:
        return Picture(link=link)
    try:
        made = thumbnail(data)
    except PhotoError:
        return Picture()
    return Picture(made.data, made.width, made.height, link)

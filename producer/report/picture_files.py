"""Where the pictures of a report are stored: in the page up to a size, then in files beside it.

A browser reads a page as a whole, so a page of hundreds of megabytes opens slowly, whereas it reads
only those files whose photos are on the screen. Files are named for the content of the photos, so a
report that is written again reuses its folder, and an interrupted one leaves the earlier report
intact.
"""

from __future__ import annotations

import base64
import re
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from glasses.errors import UsageError

EMBED_MB = 40
"""Default limit of embedded pictures: thumbnails of about 12,000 photos."""
TYPICAL_BYTES = 3400
"""Size of a thumbnail, on average."""
FOLDER_SUFFIX = "_files"
"""Appended to the report's name without its ending, as browsers do that save a page."""
THUMBNAIL, PREVIEW = ".webp", "-large.webp"
_NAME_DIGITS = 32
_OURS = re.compile(r"[0-9a-f]{30}(-large)?\.webp|\.[0-9a-f]{30}(-large)?\.webp\.partial")
_OUR_FOLDER = re.compile(r"[0-9a-f]{2}")

IN_FOLDER = 1
"""In a row of the page instead of a picture: it is in the folder."""
Place = str | int
"""Base64, `IN_FOLDER`, or empty without a picture."""


class PictureFiles:
    """Stores pictures of a report.

    Args:
        report: The report; None: all pictures are embedded.
        embed_bytes: Limit of the embedded pictures.

    Attributes:
        count: Number of pictures in the folder.
        size: Their size in bytes.
    """

    def __init__(self, report: Path | None = None, embed_bytes: int = 0) -> None:
        self.folder = report and report.absolute().parent / f"{report.stem}{FOLDER_SUFFIX}"
        self._left = embed_bytes
        self._written: set[str] = set()
        self.count = 0
        self.size = 0

    @property
    def url(self) -> str:
        """URL of the folder relative to the report, with a slash."""
        return f"{quote(self.folder.name)}/" if self.folder else ""

    def place(self, content: str | None, data: bytes, suffix: str) -> Place:
        """Store a picture, and return what the photo's row holds.

        Args:
            content: Hash of the photo.
            data: The picture; empty: none.
            suffix: `THUMBNAIL` or `PREVIEW`.

        Raises:
            UsageError: The folder cannot be written.
        """
        if not data:
            return ""
        if self.folder is None or content is None or len(data) <= self._left:
            self._left -= len(data)
            return base64.b64encode(data).decode("ascii")
        self._left = 0  # the order decides, not the size
        self._write(self.folder, content, data, suffix)
        return IN_FOLDER

    def _write(self, folder: Path, content: str, data: bytes, suffix: str) -> None:
        name = f"{content[:2]}/{content[2:_NAME_DIGITS]}{suffix}"
        if name in self._written:
            return
        path = folder / name
        partial = path.with_name(f".{path.name}.partial")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            partial.write_bytes(data)
            partial.replace(path)
        except OSError as error:
            with suppress(OSError):
                partial.unlink()
            raise UsageError(f"{path} cannot be written: {error.strerror or error}") from None
        self._written.add(name)
        self.count += 1
        self.size += len(data)

    def remove_unused(self) -> None:
        """Delete pictures of an earlier report of the same name; files of others stay."""
        if self.folder is None or not self.folder.is_dir():
            return
        for folder in filter(lambda each: _OUR_FOLDER.fullmatch(each.name), self.folder.iterdir()):
            for path in folder.iterdir():
                name = f"{folder.name}/{path.name}"
                if _OURS.fullmatch(path.name) and name not in self._written:
                    path.unlink()
            if not any(folder.iterdir()):
                folder.rmdir()
        if not any(self.folder.iterdir()):
            self.folder.rmdir()

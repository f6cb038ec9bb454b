"""Photos in a zip: read where they lie, in any order, never unpacked to disk."""

from __future__ import annotations

import io
import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from threading import Lock
from typing import BinaryIO, cast

from glasses.examine import read_through
from glasses.schemas import ManifestEntry
from glasses.sources.damage import DamagedError
from glasses.sources.naming import inner_name
from glasses.sources.photo import Photo
from glasses.statuses import FailureReason, Origin

DIRECTORY = 64 << 20
"""Bytes of a zip's directory at most: some 600,000 members, which take 300 MB of memory."""
_BLOCK = 1 << 20
_ENCRYPTED = 1
_UTF8 = 1 << 11
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
"""The two that everybody writes. `zipfile` unpacks the others without a bound on memory."""
_DAMAGE = (OSError, EOFError, ValueError, RuntimeError, zipfile.BadZipFile, zlib.error)


class _Wary(io.FileIO):
    """A file of which not all can be read at once until it is trusted.

    `zipfile` reads the whole directory, as many bytes as the zip says.
    """

    trusted = False

    def read(self, size: int | None = -1, /) -> bytes:
        if not self.trusted and size is not None and size > DIRECTORY:
            raise ValueError(f"its directory is longer than {DIRECTORY >> 20} MB: unpack it")
        return super().read(size) or b""


class Zip:
    """An open zip, closed when nobody has it any more."""

    def __init__(self, path: Path) -> None:
        self._raw = _Wary(path)
        try:
            self._file = zipfile.ZipFile(self._raw)
        except (*_DAMAGE, NotImplementedError) as error:
            # A zip that was cut off has lost its directory, which stands at its end.
            raise DamagedError(str(error)) from None
        self._raw.trusted = True
        self._lock = Lock()

    def members(self) -> list[zipfile.ZipInfo]:
        """All of its directory."""
        return self._file.infolist()

    def open(self, member: zipfile.ZipInfo) -> BinaryIO:
        """A member's bytes, checked against their CRC at the end; in any thread."""
        with self._lock:
            return cast(BinaryIO, self._file.open(member))

    def __del__(self) -> None:
        if "_raw" in self.__dict__:
            self._raw.close()


class ZipPhoto(Photo):
    """A member.

    Args:
        image: Its name in results.
        archive: Where it is.
        member: Which it is.
    """

    def __init__(self, image: str, archive: Zip, member: zipfile.ZipInfo) -> None:
        self.image = image
        self._archive = archive
        self._member = member

    def examine(self, max_bytes: int) -> ManifestEntry:
        """Hash it, unless it is encrypted, a link, or packed in a way that is not read."""
        member = self._member
        kind = stat.S_IFMT(member.external_attr >> 16)
        if (
            member.flag_bits & _ENCRYPTED
            or member.compress_type not in _METHODS
            or kind not in {0, stat.S_IFREG}
        ):
            return self._failed(FailureReason.UNREADABLE)
        try:
            with self._archive.open(member) as file:
                found = read_through(self.image, file, member.file_size, max_bytes)
        except _DAMAGE:
            return self._failed(FailureReason.CORRUPT)
        return found.model_copy(update={"origin": Origin.ARCHIVE})

    def read(self) -> bytes:
        """Unpack it in memory."""
        try:
            with self._archive.open(self._member) as file:
                # All at once it would also unpack what follows the declared size.
                return b"".join(iter(lambda: file.read(_BLOCK), b""))
        except _DAMAGE as error:
            raise OSError(str(error)) from None

    def _failed(self, reason: FailureReason) -> ManifestEntry:
        size = self._member.file_size
        return ManifestEntry(image=self.image, size=size, reason=reason, origin=Origin.ARCHIVE)


def zipped(path: Path) -> Iterator[tuple[str, ZipPhoto]]:
    """The files of a zip, each with its name in it. What is hidden is passed over, as in folders.

    Raises:
        DamagedError: It cannot be read.
        OSError: It cannot be opened.
    """
    archive = Zip(path)
    for member in archive.members():
        name = None if member.is_dir() else inner_name(_name(member))
        if name is not None:
            yield name, ZipPhoto(f"{path.name}/{name}", archive, member)


def _name(member: zipfile.ZipInfo) -> str:
    """Its name; many programs write UTF-8 and do not say so."""
    if member.flag_bits & _UTF8:
        return member.filename
    try:
        return member.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return member.filename

"""Photos in a zip archive: read in any order, never unpacked to disk."""

from __future__ import annotations

import io
import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Lock
from typing import BinaryIO, cast

from glasses.config.regular_file import open_regular
from glasses.protocol.schemas import ManifestEntry
from glasses.protocol.statuses import FailureReason, Origin
from glasses.sources.archive_limits import DamagedError, Limits
from glasses.sources.formats import SNIFF_BYTES, sniff
from glasses.sources.hashing import hash_stream
from glasses.sources.photo import Photo
from glasses.sources.safe_names import member_name
from glasses.sources.skipped import member_skip_label

ENTRY_BYTES = 256
"""Directory bytes per entry that are allowed; an entry with a path of 100 characters has 170."""
_END_BYTES = 1 << 17
"""Bytes read from the end of a zip, twice as many as the end record has with a long comment."""
_ENTRY_MAGIC = b"PK\x01\x02"
_ENTRY_SIZE = 46
_LENGTHS_OFFSET = 28
_LENGTHS = struct.Struct("<HHH")
"""Lengths of the name, the extra fields and the comment that follow an entry."""
_HEADER_SIZE = 30
_BLOCK = 1 << 20
_ENCRYPTED = 1
_UTF8 = 1 << 11
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
"""The two common methods. `zipfile` decompresses the others without a bound on memory."""
_READ_ERRORS = (OSError, EOFError, ValueError, RuntimeError, zipfile.BadZipFile, zlib.error)


class _BoundedDirectory(io.BufferedReader):
    """A zip file whose directory is checked before `zipfile` creates objects from it.

    `zipfile` reads the whole directory at once: as many bytes and entries as the archive claims.
    """

    is_checked = False

    def __init__(self, path: Path, limits: Limits) -> None:
        super().__init__(open_regular(path).detach())
        self._limits = limits

    def read(self, size: int | None = -1, /) -> bytes:
        if self.is_checked:
            return super().read(size)
        if size is None or size < 0:
            size = _END_BYTES
        if size > max(ENTRY_BYTES * self._limits.entries, _END_BYTES):
            self._limits.check_entries(size // ENTRY_BYTES)
        data = super().read(size)
        self._limits.check_entries(_count_entries(data, self._limits.entries + 1))
        return data


def _count_entries(data: bytes, limit: int) -> int:
    """Count the entries of a directory up to a limit, regardless of the end record."""
    offset = count = 0
    while (
        count < limit
        and data[offset : offset + 4] == _ENTRY_MAGIC
        and offset + _ENTRY_SIZE <= len(data)
    ):
        offset += _ENTRY_SIZE + sum(_LENGTHS.unpack_from(data, offset + _LENGTHS_OFFSET))
        count += 1
    return count


class Zip:
    """An open zip archive, closed when the last reference to it is gone."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self._raw = _BoundedDirectory(path, limits)
        try:
            self._file = zipfile.ZipFile(self._raw)
        except (*_READ_ERRORS, NotImplementedError) as error:
            # The directory is at the end, so a truncated zip has none.
            raise DamagedError(str(error)) from None
        self._raw.is_checked = True
        self._lock = Lock()
        self._overlapping = self._find_overlaps()
        size = os.fstat(self._raw.fileno()).st_size
        inflated = sum(self._bytes_to_process(member, limits, size) for member in self.members())
        limits.check_inflated(inflated, size)

    def members(self) -> list[zipfile.ZipInfo]:
        """Return all entries of the directory."""
        return self._file.infolist()

    def open(self, member: zipfile.ZipInfo) -> BinaryIO:
        """Open a member for reading, in any thread; its CRC is checked at the end.

        Raises:
            BadZipFile: The member shares bytes with another one, as zip bombs do.
        """
        if id(member) in self._overlapping:
            raise zipfile.BadZipFile("overlaps another member")
        with self._lock:
            return cast(BinaryIO, self._file.open(member))

    def _find_overlaps(self) -> set[int]:
        end = self._file.start_dir
        overlapping = set()
        for member in sorted(self.members(), key=lambda each: each.header_offset, reverse=True):
            if member.header_offset + _HEADER_SIZE + member.compress_size > end:
                overlapping.add(id(member))
            end = member.header_offset
        return overlapping

    @staticmethod
    def _bytes_to_process(member: zipfile.ZipInfo, limits: Limits, size: int) -> int:
        """Return the compressed or the decompressed size of a member, whichever is larger."""
        decompressed = member.file_size if member.file_size <= limits.max_bytes else 0
        return max(decompressed, min(member.compress_size, size))

    def __del__(self) -> None:
        if "_raw" in self.__dict__:
            self._raw.close()


class ZipPhoto(Photo):
    """A member of a zip archive.

    Args:
        image: Its name in results.
        given_path: The path of the archive as the user gave it, and the name in it.
        archive: The open archive.
        member: Its directory entry.
    """

    def __init__(self, image: str, given_path: str, archive: Zip, member: zipfile.ZipInfo) -> None:
        self.image = image
        self._given_path = given_path
        self._archive = archive
        self._member = member

    def examine(self, max_bytes: int) -> ManifestEntry:
        """Hash the member, unless it is encrypted, a link, or compressed by another method."""
        names = {"origin": Origin.ARCHIVE, "given_path": self._given_path}
        return self._hash(max_bytes).model_copy(update=names)

    def _hash(self, max_bytes: int) -> ManifestEntry:
        member = self._member
        if self._is_unsupported():
            return self._failed(FailureReason.UNREADABLE)
        try:
            with self._archive.open(member) as file:
                return hash_stream(self.image, file, member.file_size, max_bytes)
        except _READ_ERRORS:
            return self._failed(FailureReason.CORRUPT)

    @property
    def address(self) -> str:
        """Return the path of the archive, and the name in it."""
        return self._given_path

    def has_photo_content(self) -> bool:
        """Return whether the first bytes are a photo's, or cannot be read."""
        if self._is_unsupported():
            return True
        try:
            with self._archive.open(self._member) as file:
                return sniff(file.read(SNIFF_BYTES)) is not None
        except _READ_ERRORS:
            return True

    def read(self) -> bytes:
        """Return the decompressed bytes of the member."""
        try:
            with self._archive.open(self._member) as file:
                # A single read() would also decompress data beyond the declared size.
                return b"".join(iter(lambda: file.read(_BLOCK), b""))
        except _READ_ERRORS as error:
            raise OSError(str(error)) from None

    def _is_unsupported(self) -> bool:
        kind = stat.S_IFMT(self._member.external_attr >> 16)
        return (
            bool(self._member.flag_bits & _ENCRYPTED)
            or self._member.compress_type not in _METHODS
            or kind not in {0, stat.S_IFREG}
        )

    def _failed(self, reason: FailureReason) -> ManifestEntry:
        return ManifestEntry(image=self.image, size=self._member.file_size, reason=reason)


def zip_photos(
    path: Path, limits: Limits, skipped: Callable[[str], None]
) -> Iterator[tuple[str, ZipPhoto]]:
    """Yield the files of a zip with their names in it; skip hidden ones, as in folders.

    Args:
        path: The archive.
        limits: Limits on what is read.
        skipped: Called with the label of each file that is skipped.

    Raises:
        DamagedError: The archive is damaged or exceeds the limits.
        OSError: The archive cannot be opened.
    """
    archive = Zip(path, limits)
    for member in archive.members():
        full_name = _decoded_name(member)  # `ZipInfo.is_dir` fails on an empty name
        if full_name.endswith("/"):
            continue
        if label := member_skip_label(full_name):
            skipped(label)
        else:
            name = member_name(full_name)
            yield name, ZipPhoto(f"{path.name}/{name}", f"{path}/{name}", archive, member)


def _decoded_name(member: zipfile.ZipInfo) -> str:
    # Many programs write UTF-8 without setting the flag for it.
    if member.flag_bits & _UTF8:
        return member.filename
    try:
        return member.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return member.filename

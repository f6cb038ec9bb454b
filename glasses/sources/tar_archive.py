"""Photos in a tar archive, compressed or not: read sequentially, never unpacked to disk.

The archive is read twice: once to hash its members, and again if any must be sent. Keeping the
bytes from the first pass would need an unbounded amount of memory.
"""

from __future__ import annotations

import tarfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

from glasses.protocol.schemas import ManifestEntry
from glasses.protocol.statuses import FailureReason, Origin
from glasses.sources.archive_limits import DamagedError, Limits
from glasses.sources.hashing import hash_stream
from glasses.sources.photo import ExaminedPhoto
from glasses.sources.safe_names import member_name
from glasses.sources.skipped import member_skip_label
from glasses.sources.tar_stream import STREAM_ERRORS, TarStream
from glasses.sources.ticket_queue import TicketQueue

HEADER_BYTES = 1 << 18
"""Most bytes that the headers of one member may have; typical ones have some hundreds."""
_END_BLOCK = bytes(tarfile.BLOCKSIZE)
_READ_ERRORS = (*STREAM_ERRORS, tarfile.TarError, zlib.error)


class TarReader:
    """Reads the members of a tar in order. Closed when the last reference to it is gone."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self._limits = limits
        self._stream = TarStream(path, limits)
        self._hashed_bytes = 0
        self._tar: Any = None
        self._number = -1
        self._member: tarfile.TarInfo | None = None

    def next(self) -> tarfile.TarInfo | None:
        """Advance to the next member and return it; None at the end.

        Raises:
            DamagedError: The archive cannot be read further.
        """
        self._stream.granted = HEADER_BYTES
        try:
            if self._tar is None:  # opening reads the first header
                self._tar = tarfile.TarFile(fileobj=cast(Any, self._stream))
            self._member = self._tar.next()
        except _READ_ERRORS as error:
            raise DamagedError(str(error)) from None
        # `tarfile` keeps every member that it has read, which would need unbounded memory.
        self._tar.members = []
        self._tar.pax_headers = {}
        self._number += 1
        # `tarfile` takes an unreadable header for the end.
        if self._member is None and self._stream.last_read != _END_BLOCK:
            raise DamagedError("it has no end mark")
        self._limits.check_entries(self._number + bool(self._member))
        return self._member

    def examine(self, image: str) -> ManifestEntry:
        """Return the manifest entry of the current member.

        Raises:
            LimitError: The archive inflates to more than is allowed.
        """
        member = self._member
        assert member is not None
        if not member.isfile():  # links and devices
            return _failed(image, FailureReason.UNREADABLE)
        max_bytes = self._limits.max_bytes
        self._stream.granted = min(member.size, max_bytes) + HEADER_BYTES
        try:
            entry = hash_stream(image, self._open_member(), member.size, max_bytes)
        except _READ_ERRORS:
            return _failed(image, FailureReason.CORRUPT)
        if entry.sha256:  # the stream does not count the holes of a sparse member
            self._hashed_bytes += entry.size or 0
            self._limits.check_inflated(self._hashed_bytes, self._stream.size)
        if entry.sha256 and entry.size != member.size:
            return _failed(image, FailureReason.CORRUPT)
        return entry.model_copy(update={"origin": Origin.ARCHIVE})

    def read(self, number: int, size: int) -> bytes:
        """Return the bytes of a member; each call must ask for a higher number.

        Args:
            number: Index of the member, from 0.
            size: Its size when it was hashed; no more is read.

        Raises:
            OSError: The member cannot be read.
        """
        try:
            while self._number < number:
                if self.next() is None:
                    raise OSError("the archive has become shorter")
            self._stream.granted = size + HEADER_BYTES
            return self._open_member().read(size)
        except (DamagedError, *_READ_ERRORS) as error:
            raise OSError(str(error)) from None

    def _open_member(self) -> BinaryIO:
        assert self._tar
        assert self._member
        file = self._tar.extractfile(self._member)
        assert file
        return cast(BinaryIO, file)

    def __del__(self) -> None:
        if "_stream" in self.__dict__:
            self._stream.close()


class _SecondPass:
    """The second pass over an archive, started when the first member must be sent."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self._path = path
        self._limits = limits
        self._reader: TarReader | None = None
        self.tickets = TicketQueue()

    def read(self, number: int, size: int) -> bytes:
        if self._reader is None:
            self._reader = TarReader(self._path, self._limits)
        return self._reader.read(number, size)


class TarPhoto(ExaminedPhoto):
    """A member of a tar archive, hashed in the first pass."""

    def __init__(self, entry: ManifestEntry, number: int, second_pass: _SecondPass) -> None:
        super().__init__(entry)
        self._number = number
        self._second_pass = second_pass
        self._ticket = -1

    def prepare(self) -> None:
        """Take a ticket for the second pass."""
        self._ticket = self._second_pass.tickets.take()

    def read(self) -> bytes:
        """Wait for the turn of this photo, and return its bytes."""
        with self._second_pass.tickets.turn(self._ticket):
            return self._second_pass.read(self._number, self._entry.size or 0)


def tar_photos(
    path: Path, limits: Limits, skipped: Callable[[str], None]
) -> Iterator[tuple[str, ExaminedPhoto]]:
    """Yield the files of a tar with their names in it; skip hidden ones, as in folders.

    Args:
        path: The archive.
        limits: Limits on what is read.
        skipped: Called with the label of each file that is skipped.

    Raises:
        DamagedError: The archive cannot be read further, or exceeds the limits.
        OSError: The archive cannot be opened.
    """
    reader = TarReader(path, limits)
    second_pass = _SecondPass(path, limits)
    number = 0
    while (member := reader.next()) is not None:
        if member.isdir():
            pass
        elif label := member_skip_label(member.name):
            skipped(label)
        else:
            name = member_name(member.name)
            entry = reader.examine(f"{path.name}/{name}")
            entry = entry.model_copy(update={"given_path": f"{path}/{name}"})
            yield name, TarPhoto(entry, number, second_pass)
        number += 1


def _failed(image: str, reason: FailureReason) -> ManifestEntry:
    return ManifestEntry(image=image, reason=reason, origin=Origin.ARCHIVE)

"""Photos in a tar, compressed or not: read from its beginning to its end, never unpacked.

It is read twice, the second time only if something must be sent: hashes come first, and who keeps
the bytes until then keeps an unknown amount.
"""

from __future__ import annotations

import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

from glasses.examine import read_through
from glasses.schemas import ManifestEntry
from glasses.sources.damage import DamagedError
from glasses.sources.naming import inner_name
from glasses.sources.photo import Settled
from glasses.sources.turns import Turns
from glasses.sources.unpacked import DAMAGE, Unpacked
from glasses.statuses import FailureReason, Origin

HEADERS = 1 << 18
"""Bytes that the headers of one member may have: names and attributes take some hundreds."""
_MARK = bytes(tarfile.BLOCKSIZE)
_DAMAGE = (*DAMAGE, tarfile.TarError, zlib.error)


class TarReader:
    """Reads the members of a tar in their order. Closed when nobody has it any more."""

    def __init__(self, path: Path) -> None:
        self._stream = Unpacked(path)
        self._tar: Any = None
        self._number = -1
        self._member: tarfile.TarInfo | None = None

    def next(self) -> tarfile.TarInfo | None:
        """Go on to the next member; None at the end.

        Raises:
            DamagedError: It cannot be read further.
        """
        self._stream.granted = HEADERS
        try:
            if self._tar is None:  # its first header is read at once
                self._tar = tarfile.TarFile(fileobj=cast(Any, self._stream))
            self._member = self._tar.next()
        except _DAMAGE as error:
            raise DamagedError(str(error)) from None
        # A tar keeps all that it has seen, and one is as long as it likes.
        self._tar.members = []
        self._tar.pax_headers = {}
        self._number += 1
        # A header that cannot be read looks like the end to tarfile.
        if self._member is None and self._stream.last != _MARK:
            raise DamagedError("it has no end mark")
        return self._member

    def examine(self, image: str, max_bytes: int) -> ManifestEntry:
        """The line of the member that it is at."""
        member = self._member
        assert member is not None
        if not member.isfile():  # links and devices
            return _failed(image, FailureReason.UNREADABLE)
        self._stream.granted = min(member.size, max_bytes) + HEADERS
        try:
            found = read_through(image, self._file(), member.size, max_bytes)
        except _DAMAGE:
            return _failed(image, FailureReason.CORRUPT)
        if found.sha256 and found.size != member.size:
            return _failed(image, FailureReason.CORRUPT)
        return found.model_copy(update={"origin": Origin.ARCHIVE})

    def read(self, number: int, size: int) -> bytes:
        """The bytes of a member by its number, which is higher than those asked for before.

        Args:
            number: From 0.
            size: That it had when it was hashed; no more than that is read.

        Raises:
            OSError: They cannot be read.
        """
        try:
            while self._number < number:
                if self.next() is None:
                    raise OSError("the archive has become shorter")
            self._stream.granted = size + HEADERS
            return self._file().read(size)
        except (DamagedError, *_DAMAGE) as error:
            raise OSError(str(error)) from None

    def _file(self) -> BinaryIO:
        assert self._tar
        assert self._member
        file = self._tar.extractfile(self._member)
        assert file
        return cast(BinaryIO, file)

    def __del__(self) -> None:
        if "_stream" in self.__dict__:
            self._stream.close()


class _Second:
    """The second reading, begun when something must be sent."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._reader: TarReader | None = None
        self.turns = Turns()

    def read(self, number: int, size: int) -> bytes:
        if self._reader is None:
            self._reader = TarReader(self._path)
        return self._reader.read(number, size)


class TarPhoto(Settled):
    """A member, hashed while it was passed."""

    def __init__(self, entry: ManifestEntry, number: int, second: _Second) -> None:
        super().__init__(entry)
        self._number = number
        self._second = second
        self._turn = -1

    def prepare(self) -> None:
        """Get in line."""
        self._turn = self._second.turns.number()

    def read(self) -> bytes:
        """Its bytes, when it is its turn."""
        with self._second.turns.turn(self._turn):
            return self._second.read(self._number, self._entry.size or 0)


def tarred(path: Path, max_bytes: int) -> Iterator[tuple[str, Settled]]:
    """The files of a tar, each with its name in it. What is hidden is passed over, as in folders.

    Raises:
        DamagedError: It cannot be read further; what came before stands.
        OSError: It cannot be opened.
    """
    reader = TarReader(path)
    second = _Second(path)
    number = 0
    while (member := reader.next()) is not None:
        name = None if member.isdir() else inner_name(member.name)
        if name is not None:
            entry = reader.examine(f"{path.name}/{name}", max_bytes)
            yield name, TarPhoto(entry, number, second)
        number += 1


def _failed(image: str, reason: FailureReason) -> ManifestEntry:
    return ManifestEntry(image=image, reason=reason, origin=Origin.ARCHIVE)

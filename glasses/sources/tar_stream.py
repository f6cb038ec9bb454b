"""The decompressed stream of a tar archive: read forwards, within a limit set beforehand.

`tarfile` trusts headers: it reads attributes into memory even if a header claims gigabytes. This
stream only returns as many bytes as were granted, so such a header is an error.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
from pathlib import Path
from typing import BinaryIO, cast

from glasses.config.regular_file import open_regular
from glasses.sources.archive_limits import Limits

_BLOCK = 1 << 20
_XZ_BLOCK = 1 << 16
_XZ_MEMORY = 256 << 20
"""`xz -9` needs 65 MiB; a header may ask for 4 GiB."""
_COMPRESSIONS = ((b"\x1f\x8b", "gz"), (b"BZh", "bz2"), (b"\xfd7zXZ\x00", "xz"))
STREAM_ERRORS = (OSError, EOFError, ValueError, RecursionError, lzma.LZMAError)
"""Errors that damaged bytes raise; callers add `zlib.error`."""


class TarStream:
    """The decompressed content of a tar file; its first bytes tell the compression, not its name.

    Attributes:
        granted: Number of bytes that may still be read.
        last_read: The bytes that the last `read` returned.
        size: Size of the file in bytes.
    """

    def __init__(self, path: Path, limits: Limits) -> None:
        file = open_regular(path)
        try:
            head = file.read(8)
            file.seek(0)
        except OSError:
            file.close()
            raise
        names = (name for magic, name in _COMPRESSIONS if head.startswith(magic))
        compression = next(names, None)
        self._file = file
        self._limits = limits
        self.size = os.fstat(file.fileno()).st_size
        self._is_seekable = compression is None
        self._stream: BinaryIO = file
        if compression == "gz":
            self._stream = cast(BinaryIO, gzip.GzipFile(fileobj=file))
        elif compression == "bz2":
            self._stream = cast(BinaryIO, bz2.BZ2File(file))
        elif compression == "xz":
            self._stream = cast(BinaryIO, io.BufferedReader(_XzReader(file), _BLOCK))
        self._position = 0
        self.granted = 0
        self.last_read = b""

    def tell(self) -> int:
        """Return the position in the decompressed tar, in bytes."""
        return self._position

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes; fewer at the end.

        Raises:
            ValueError: More bytes are requested than were granted.
            LimitError: The archive inflates to more than is allowed.
        """
        if size > self.granted:
            raise ValueError(f"a header asks for {size} bytes")
        data = self._stream.read(size)
        self.granted -= len(data)
        self._advance(len(data))
        self.last_read = data
        return data

    def seek(self, position: int) -> None:
        """Move forwards; skipped bytes need no grant.

        Raises:
            ValueError: The position is behind the current one.
            EOFError: The archive ends before the position.
        """
        if position < self._position:
            raise ValueError("a header points backwards")
        if self._is_seekable:
            self._stream.seek(position)
            self._position = position
        while self._position < position:
            skipped = len(self._stream.read(min(_BLOCK, position - self._position)))
            if not skipped:
                raise EOFError("the archive is truncated")
            self._advance(skipped)

    def _advance(self, count: int) -> None:
        self._position += count
        if not self._is_seekable:
            self._limits.check_inflated(self._position, self.size)

    def close(self) -> None:
        """Close the file."""
        self._stream.close()
        self._file.close()


class _XzReader(io.RawIOBase):
    """Decompresses xz in bounded memory; `lzma.LZMAFile` has no limit for hostile files."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._decoder = _decoder()

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill a buffer in part and return the number of bytes; 0 at the end."""
        while True:
            compressed = b""
            if self._decoder.eof:
                compressed = self._decoder.unused_data.lstrip(b"\0") or self._file.read(_XZ_BLOCK)
                compressed = compressed.lstrip(b"\0")  # padding between streams
                if not compressed:
                    return 0
                self._decoder = _decoder()
            elif self._decoder.needs_input:
                compressed = self._file.read(_XZ_BLOCK)
                if not compressed:
                    raise EOFError("the archive is truncated")
            if data := self._decoder.decompress(compressed, len(buffer)):
                buffer[: len(data)] = data
                return len(data)


def _decoder() -> lzma.LZMADecompressor:
    return lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=_XZ_MEMORY)

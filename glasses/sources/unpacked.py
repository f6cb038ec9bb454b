"""A tar as `tarfile` reads it: decompressed, forwards only, never more at once than was granted.

`tarfile` believes what headers say: one that claims gigabytes of attributes is read into memory.
Here what may be read is granted before, so a header that claims more ends the archive.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
from pathlib import Path
from typing import BinaryIO, cast

_BLOCK = 1 << 20
_XZ_BLOCK = 1 << 16
_XZ_MEMORY = 256 << 20
"""`xz -9` needs 65 MiB; a header may ask for 4 GiB."""
_KINDS = ((b"\x1f\x8b", "gz"), (b"BZh", "bz2"), (b"\xfd7zXZ\x00", "xz"))
DAMAGE = (OSError, EOFError, ValueError, RecursionError, lzma.LZMAError)
"""What reading damaged bytes raises (zlib's own error is added where it is caught)."""


class Unpacked:
    """The tar inside of a file, found by its first bytes, whatever it is called.

    Attributes:
        granted: Bytes that may still be read.
        last: What was read last.
    """

    def __init__(self, path: Path) -> None:
        file = path.open("rb")
        try:
            head = file.read(8)
            file.seek(0)
        except OSError:
            file.close()
            raise
        kind = next((kind for mark, kind in _KINDS if head.startswith(mark)), None)
        self._file = file
        self._seekable = kind is None
        self._stream: BinaryIO = file
        if kind == "gz":
            self._stream = cast(BinaryIO, gzip.GzipFile(fileobj=file))
        elif kind == "bz2":
            self._stream = cast(BinaryIO, bz2.BZ2File(file))
        elif kind == "xz":
            self._stream = cast(BinaryIO, io.BufferedReader(_Xz(file), _BLOCK))
        self._at = 0
        self.granted = 0
        self.last = b""

    def tell(self) -> int:
        """Where it is, bytes of the tar."""
        return self._at

    def read(self, size: int) -> bytes:
        """As much as there is of so many bytes.

        Raises:
            ValueError: That is more than was granted.
        """
        if size > self.granted:
            raise ValueError(f"a header asks for {size} bytes")
        data = self._stream.read(size)
        self.granted -= len(data)
        self._at += len(data)
        self.last = data
        return data

    def seek(self, to: int) -> None:
        """Go forwards; what is passed over needs no grant.

        Raises:
            ValueError: It lies behind.
        """
        if to < self._at:
            raise ValueError("a header leads backwards")
        if self._seekable:
            self._stream.seek(to)
            self._at = to
        while self._at < to:
            passed = len(self._stream.read(min(_BLOCK, to - self._at)))
            if not passed:
                raise EOFError("the archive is cut off")
            self._at += passed

    def close(self) -> None:
        """Close the file."""
        self._stream.close()
        self._file.close()


class _Xz(io.RawIOBase):
    """Decompressed xz, in bounded memory: `lzma.LZMAFile` gives a hostile one whatever it asks."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._decoder = _decoder()

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill some of a buffer; 0 at the end."""
        while True:
            packed = b""
            if self._decoder.eof:
                packed = self._decoder.unused_data.lstrip(b"\0") or self._file.read(_XZ_BLOCK)
                packed = packed.lstrip(b"\0")  # padding between streams
                if not packed:
                    return 0
                self._decoder = _decoder()
            elif self._decoder.needs_input:
                packed = self._file.read(_XZ_BLOCK)
                if not packed:
                    raise EOFError("the archive is cut off")
            if data := self._decoder.decompress(packed, len(buffer)):
                buffer[: len(data)] = data
                return len(data)


def _decoder() -> lzma.LZMADecompressor:
    return lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=_XZ_MEMORY)

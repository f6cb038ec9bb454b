"""Writes TIFF files (little-endian) from tags, as cameras lay them out."""

from __future__ import annotations

import struct

BYTE, ASCII, SHORT, LONG, UNDEFINED = 1, 2, 3, 4, 7
_SIZES = {BYTE: 1, ASCII: 1, SHORT: 2, LONG: 4, UNDEFINED: 1}
Tags = dict[int, tuple[int, int | list[int] | bytes]]


class TiffWriter:
    """A file that grows.

    Args:
        magic: The first four bytes.
        first: Position of what is added first.
    """

    def __init__(self, magic: bytes = b"II*\0", first: int = 8) -> None:
        self._data = bytearray(magic.ljust(first, b"\0"))

    def add(self, data: bytes) -> int:
        """Append data and return its position."""
        self._data += bytes(len(self._data) % 2)
        position = len(self._data)
        self._data += data
        return position

    def directory(self, tags: Tags, following: int = 0) -> int:
        """Append a directory, then its long values, and return its position."""
        entries, values = b"", b""
        start = len(self._data) + len(self._data) % 2 + 2 + 12 * len(tags) + 4
        for tag, (type_, value) in sorted(tags.items()):
            data = _encoded(type_, value)
            count = len(data) // _SIZES[type_]
            if len(data) > 4:
                position = struct.pack("<I", start + len(values))
                values += data + bytes(len(data) % 2)
                data = position
            entries += struct.pack("<HHI", tag, type_, count) + data.ljust(4, b"\0")
        count_ = struct.pack("<H", len(tags))
        return self.add(count_ + entries + struct.pack("<I", following) + values)

    def finish(self, first_directory: int) -> bytes:
        """Return the file."""
        struct.pack_into("<I", self._data, 4, first_directory)
        return bytes(self._data)


def _encoded(type_: int, value: int | list[int] | bytes) -> bytes:
    if isinstance(value, bytes):
        return value
    numbers = [value] if isinstance(value, int) else value
    return struct.pack(f"<{len(numbers)}{'H' if type_ == SHORT else 'I'}", *numbers)

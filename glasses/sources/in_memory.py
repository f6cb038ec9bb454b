"""Photos in memory, and what the Python API accepts as photos."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Iterator, Sequence

from glasses.errors import UsageError
from glasses.protocol.schemas import ManifestEntry
from glasses.sources.formats import SNIFF_BYTES, sniff
from glasses.sources.hashing import InMemoryPhoto, hash_bytes
from glasses.sources.photo import Photo

PhotoArgument = str | os.PathLike[str] | bytes | tuple[str, bytes]
"""A path, glob or archive, the bytes of a photo, or its name in results and its bytes."""
_BYTES = bytes | bytearray | memoryview
_MAX_PATH = 4096
"""Longest path (Linux); longer text is the content of a file, which no message must repeat."""


class BytesPhoto(Photo):
    """A photo in memory."""

    def __init__(self, source: InMemoryPhoto) -> None:
        self.image = source.image
        self.source = source

    def examine(self, max_bytes: int) -> ManifestEntry:
        """Hash the bytes."""
        return hash_bytes(self.source, max_bytes)

    def has_photo_content(self) -> bool:
        """Return whether the first bytes are a photo's."""
        return sniff(self.source.data[:SNIFF_BYTES]) is not None

    def read(self) -> bytes:
        """Return the bytes."""
        return self.source.data


def photo_arguments(
    photos: Iterable[PhotoArgument | Sequence[PhotoArgument]],
) -> list[str | InMemoryPhoto]:
    """Return paths as text, and bytes as photos with a name: the given one, or `<bytes N>`.

    N is the position among all photos, from 1. Lists may be nested. Open files are refused,
    since they are iterators of lines.

    Raises:
        TypeError: A photo has another type; the message gives its position.
        UsageError: A text is too long for a path.
    """
    return [_argument(position, photo) for position, photo in enumerate(_flat(photos), 1)]


def _flat(photos: Iterable[object]) -> Iterator[object]:
    for photo in photos:
        if isinstance(photo, list | tuple | Iterator) and not _is_single(photo):
            yield from _flat(photo)
        else:
            yield photo


def _is_single(photo: object) -> bool:
    return isinstance(photo, io.IOBase) or (
        isinstance(photo, tuple)
        and len(photo) == 2
        and isinstance(photo[0], str)
        and isinstance(photo[1], _BYTES)
    )


def _argument(position: int, photo: object) -> str | InMemoryPhoto:
    if isinstance(photo, tuple):
        name, data = photo
        return InMemoryPhoto(name, bytes(data))
    if isinstance(photo, _BYTES):
        return InMemoryPhoto(f"<bytes {position}>", bytes(photo))
    if isinstance(photo, io.IOBase):
        raise TypeError(f"photo {position} is an open file: pass its path, or its bytes by .read()")
    if not isinstance(photo, str | os.PathLike):
        raise TypeError(
            f"photo {position} is of the type {type(photo).__name__}: pass a path, bytes, "
            "(name, bytes), or a list of these"
        )
    path = os.fsdecode(photo)
    if len(path) > _MAX_PATH:
        raise UsageError(
            f"photo {position} is a text of {len(path):,} characters, which is too long for a "
            "path: pass the content of a file as bytes"
        )
    return path

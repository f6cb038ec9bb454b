"""Photos in files on this machine."""

from __future__ import annotations

import os

from glasses.config.regular_file import (
    NotRegularError,
    open_regular,
    read_regular,
    read_within,
)
from glasses.protocol.schemas import ManifestEntry
from glasses.sources.formats import SNIFF_BYTES, sniff
from glasses.sources.hashing import InMemoryPhoto, hash_bytes, hash_file
from glasses.sources.photo import Photo
from glasses.sources.walk import SourceFile


class FilePhoto(Photo):
    """A file.

    Args:
        source: The name and path of the file.
        in_place: Whether it is not uploaded, and workers read it directly.
    """

    def __init__(self, source: SourceFile, in_place: bool = False) -> None:
        self.image = source.image
        self.source = source
        self._in_place = in_place
        self._kept: bytes | None = None
        self._size = 0

    @property
    def address(self) -> str:
        """Return the path as the user gave it."""
        return self.source.given_path or str(self.source.path)

    @property
    def path(self) -> str:
        """Return the absolute path, with links unresolved."""
        return os.path.abspath(self.source.path)

    def examine(self, max_bytes: int) -> ManifestEntry:
        """Hash the file."""
        entry = hash_file(self.source, max_bytes)
        self._size = entry.size or 0
        return self._with_path(entry)

    def hash_and_keep(self, max_bytes: int, max_kept_bytes: int) -> ManifestEntry:
        """Hash the file; keep the bytes of a small one, so it is not read and hashed again."""
        data = None if self._in_place else self._read_small(max_kept_bytes)
        if data is None:
            return self.examine(max_bytes)
        entry = hash_bytes(InMemoryPhoto(self.image, data), max_bytes)
        if entry.sha256:
            self._kept = data
        return self._with_path(entry)

    def read_if_unchanged(self, sha256: str) -> bytes | None:
        """Return the bytes that were kept, or read the file again and compare its hash."""
        data, self._kept = self._kept, None
        return super().read_if_unchanged(sha256) if data is None else data

    def has_photo_content(self) -> bool:
        """Return whether the first bytes are a photo's, or cannot be read.

        Pipes, sockets and devices are not photos.
        """
        if self.source.closed:
            return True
        try:
            with open_regular(self.source.path) as file:
                return sniff(file.read(SNIFF_BYTES)) is not None
        except NotRegularError:
            return False
        except (OSError, ValueError):
            return True

    def read(self) -> bytes:
        """Read the whole file, unless it has grown since it was hashed."""
        return read_regular(self.source.path, self._size)

    def _read_small(self, max_bytes: int) -> bytes | None:
        """Return the bytes of the file, or None if it is larger or cannot be read."""
        try:
            with open_regular(self.source.path) as file:
                if os.fstat(file.fileno()).st_size > max_bytes:
                    return None
                data = read_within(file, max_bytes)
        except (OSError, ValueError):
            return None
        return data if len(data) <= max_bytes else None

    def _with_path(self, entry: ManifestEntry) -> ManifestEntry:
        in_place = True if self._in_place and entry.sha256 else None
        return self.source.identify(entry).model_copy(update={"in_place": in_place})

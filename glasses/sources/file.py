"""Photos that are files of this machine."""

from __future__ import annotations

import os

from glasses.examine import InMemory, examine, examine_bytes
from glasses.regular import open_regular
from glasses.schemas import ManifestEntry
from glasses.sources.photo import Photo
from glasses.walk import Source


class FilePhoto(Photo):
    """A file.

    Args:
        source: Its name and where it lies.
        in_place: Whether it stays there, and workers read it there.
    """

    def __init__(self, source: Source, in_place: bool = False) -> None:
        self.image = source.image
        self.source = source
        self._in_place = in_place
        self._kept: bytes | None = None

    @property
    def path(self) -> str:
        """Where it lies, absolute; links are left as they are."""
        return os.path.abspath(self.source.path)

    def examine(self, max_bytes: int) -> ManifestEntry:
        """Hash the file."""
        return self._with_path(examine(self.source, max_bytes))

    def examine_and_keep(self, max_bytes: int, most: int) -> ManifestEntry:
        """Hash the file; a small one need not be read and hashed again before it is sent."""
        data = None if self._in_place else self._small(most)
        if data is None:
            return self.examine(max_bytes)
        found = examine_bytes(InMemory(self.image, data), max_bytes)
        if found.sha256:
            self._kept = data
        return self._with_path(found)

    def same(self, sha256: str) -> bytes | None:
        """What was kept is what was hashed."""
        data, self._kept = self._kept, None
        return super().same(sha256) if data is None else data

    def read(self) -> bytes:
        """Read it whole."""
        return self.source.path.read_bytes()

    def _small(self, most: int) -> bytes | None:
        """Its bytes; None if it has more than so many, or cannot be read."""
        try:
            with open_regular(self.source.path) as file:
                if os.fstat(file.fileno()).st_size > most:
                    return None
                data = file.read(most + 1)
        except (OSError, ValueError):
            return None
        return data if len(data) <= most else None

    def _with_path(self, entry: ManifestEntry) -> ManifestEntry:
        stays = True if self._in_place and entry.sha256 else None
        return entry.model_copy(update={"path": self.path, "in_place": stays})

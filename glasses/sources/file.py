"""Photos that are files of this machine."""

from __future__ import annotations

import os

from glasses.examine import examine
from glasses.schemas import ManifestEntry
from glasses.sources.photo import Photo
from glasses.walk import Source


class FilePhoto(Photo):
    """A file.

    Args:
        source: Its name and where it lies.
    """

    def __init__(self, source: Source) -> None:
        self.image = source.image
        self.source = source

    def examine(self, max_bytes: int) -> ManifestEntry:
        """Hash the file."""
        found = examine(self.source, max_bytes)
        return found.model_copy(update={"path": os.path.abspath(self.source.path)})

    def read(self) -> bytes:
        """Read it whole."""
        return self.source.path.read_bytes()

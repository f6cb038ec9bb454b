"""File version: tells whether a file has changed since its photos were classified."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple


class FileVersion(NamedTuple):
    """Size and modification time of a file, which change when its content changes."""

    size: int
    """Bytes."""
    modified: int
    """Unix time, ns."""

    @classmethod
    def of(cls, path: Path) -> FileVersion | None:
        """Return the version of a file; None if there is none."""
        try:
            stat = os.stat(path)
        except (OSError, ValueError):
            return None
        return cls(stat.st_size, stat.st_mtime_ns)

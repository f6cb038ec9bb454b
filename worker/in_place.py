"""Photos that were left where they lie: read there, if that is allowed."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Collection, Sequence
from pathlib import Path

from glasses.folders import may_read
from glasses.outcome import Outcome
from glasses.regular import open_regular
from glasses.schemas import ManifestEntry
from glasses.statuses import FailureReason

_log = logging.getLogger(__name__)
_told: dict[str, object] = {}
_MOST_TOLD = 1000


def read(entries: Sequence[ManifestEntry], folders: Collection[str]) -> bytes | Outcome:
    """A content's bytes from the first of its files that still has them.

    Args:
        entries: Photos of this content.
        folders: In which a worker may read.

    Returns:
        The bytes, or why the first file does not have them.
    """
    why: list[FailureReason] = []
    for entry in entries:
        found = _read(entry, folders)
        if isinstance(found, bytes):
            return found
        why.append(found)
    return Outcome.failed(why[0])


def _tell(folder: str) -> None:
    """Log once a folder, not once a photo; several threads may find it at a time."""
    mine = object()
    if len(_told) < _MOST_TOLD and _told.setdefault(folder, mine) is mine:
        _log.warning("out of reach: read_folders does not name %s", folder)


def _read(entry: ManifestEntry, folders: Collection[str]) -> bytes | FailureReason:
    try:
        path = os.path.realpath(entry.path or "")
        if not may_read(path, folders):
            _tell(os.path.dirname(path))
            return FailureReason.OUT_OF_REACH
        with open_regular(Path(path)) as file:
            # One byte more than was hashed tells that it has grown.
            data = file.read((entry.size or 0) + 1)
    except (FileNotFoundError, NotADirectoryError):
        return FailureReason.VANISHED
    except (OSError, ValueError):
        return FailureReason.UNREADABLE
    same = hashlib.sha256(data).hexdigest() == entry.sha256
    return data if same else FailureReason.CHANGED

"""Photos submitted in place: workers read the files themselves, if `read_folders` allows it."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Collection, Sequence
from pathlib import Path

from glasses.config.read_folders import may_read
from glasses.config.regular_file import open_regular, read_within
from glasses.protocol.outcome import Outcome
from glasses.protocol.schemas import ManifestEntry
from glasses.protocol.statuses import FailureReason

_log = logging.getLogger(__name__)
_warned: dict[str, object] = {}
_MAX_WARNINGS = 1000


def read_in_place(
    entries: Sequence[ManifestEntry], folders: Collection[str], max_bytes: int
) -> bytes | Outcome:
    """Return a content's bytes from the first of its files that still holds them.

    Args:
        entries: Manifest entries of this content, one per file.
        folders: Folders that a worker may read.
        max_bytes: Larger files are not read.

    Returns:
        The bytes, or the failure of the first file.
    """
    reasons: list[FailureReason] = []
    for entry in entries:
        found = _read(entry, folders, max_bytes)
        if isinstance(found, bytes):
            return found
        reasons.append(found)
    return Outcome.failed(reasons[0])


def _warn_once(folder: str) -> None:
    """Log a warning once per folder, not once per photo; safe to call from several threads."""
    mine = object()
    if len(_warned) < _MAX_WARNINGS and _warned.setdefault(folder, mine) is mine:
        _log.warning("out of reach: add %s to read_folders to let workers read it", folder)


def _read(entry: ManifestEntry, folders: Collection[str], max_bytes: int) -> bytes | FailureReason:
    try:
        path = os.path.realpath(entry.path or "")
        if not may_read(path, folders):
            _warn_once(os.path.dirname(path))
            return FailureReason.OUT_OF_REACH
        size = entry.size or 0
        if size > max_bytes:
            return FailureReason.FILE_TOO_LARGE
        with open_regular(Path(path), follow=False) as file:
            # A parent folder may have become a link since the check.
            if not may_read(os.path.realpath(f"/proc/self/fd/{file.fileno()}"), folders):
                return FailureReason.OUT_OF_REACH
            data = read_within(file, size)
    except (FileNotFoundError, NotADirectoryError):
        return FailureReason.VANISHED
    except (OSError, ValueError):
        return FailureReason.UNREADABLE
    is_same = hashlib.sha256(data).hexdigest() == entry.sha256
    return data if is_same else FailureReason.CHANGED

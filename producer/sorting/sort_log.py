"""The log of a sorted folder: where each file came from, to continue or undo a run.

One JSON line per file, written before the file is transferred. Whether the transfer took place is
seen on the disk.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from glasses.config.regular_file import append_regular, open_regular
from glasses.errors import UsageError
from glasses.sources.walk import SORT_LOG
from producer.sorting.transfer import TransferMode

_MAX_LINE_BYTES = 1 << 20
"""A valid line is far shorter: paths have at most a few thousand bytes."""


@dataclass(frozen=True, slots=True)
class SortLogEntry:
    """A sorted file.

    Attributes:
        job_id: The job that it belongs to.
        how: Copied, moved or linked.
        source: Its original absolute path.
        to: Its new path, relative to the sorted folder.
        sha256: Hash of its content; None if it was not read completely, as of companions.
        photo: Of a companion: the new path of its photo.
        before: Of a file that moved from another group: its path there.
    """

    job_id: str
    how: TransferMode
    source: str
    to: str
    sha256: str | None
    photo: str | None = None
    before: str | None = None


class SortLog:
    """The log of one folder."""

    def __init__(self, folder: Path, file: IO[str]) -> None:
        self._path = folder / SORT_LOG
        self._file = file
        self.entries = list(_read(self._path))

    def add(self, entry: SortLogEntry) -> None:
        """Append an entry, before the transfer."""
        self._file.write(json.dumps(asdict(entry)) + "\n")
        self._file.flush()
        self.entries.append(entry)

    def keep(self, entries: list[SortLogEntry]) -> None:
        """Replace the entries; remove the log if none is left."""
        if not entries:
            self._path.unlink(missing_ok=True)
        else:
            partial = self._path.with_name(SORT_LOG + ".partial")
            partial.write_text("".join(json.dumps(asdict(e)) + "\n" for e in entries), "ascii")
            partial.replace(self._path)
        self.entries = entries


@contextmanager
def open_log(folder: Path) -> Iterator[SortLog]:
    """Open a folder's log for one run at a time, creating both if they do not exist.

    Raises:
        UsageError: Another run is sorting into the folder, or it cannot be written.
    """
    created = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = append_regular(folder / SORT_LOG)
    except OSError as error:
        raise UsageError(f"{folder} cannot be written: {error.strerror}") from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError(
                f"another run is sorting into {folder}: wait until it finishes"
            ) from None
        log = SortLog(folder, file)
        try:
            yield log
        finally:
            if not log.entries:  # Nothing was sorted: leave no trace.
                log.keep([])
                if created and not any(folder.iterdir()):
                    folder.rmdir()


def read_log(folder: Path) -> list[SortLogEntry]:
    """Return the entries of a folder's log, without creating it."""
    return list(_read(folder / SORT_LOG))


def _read(path: Path) -> Iterator[SortLogEntry]:
    if not os.path.exists(path):
        return
    with open_regular(path, follow=False) as file:
        while line := file.readline(_MAX_LINE_BYTES):
            if len(line) == _MAX_LINE_BYTES:
                raise UsageError(
                    f"{path} cannot be read: it is not a sort log; remove it to sort again"
                )
            try:
                values = json.loads(line)
                yield SortLogEntry(**values | {"how": TransferMode(values["how"])})
            except (ValueError, TypeError, KeyError):
                continue  # An incomplete line, written during a power cut.

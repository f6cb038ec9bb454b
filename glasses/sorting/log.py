"""The log of a sorted folder: what came from where, so that a run can go on or be undone.

One JSON line a file, written before the file is touched: whether it then was is seen on the disk.
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

from glasses.errors import UsageError
from glasses.sorting.transfer import How
from glasses.walk import SORT_LOG


@dataclass(frozen=True, slots=True)
class Entry:
    """One file.

    Attributes:
        job_id: The job that it was sorted by.
        how: Copied, moved or linked.
        source: Where it lay, absolute.
        to: Its new place, relative to the sorted folder.
        sha256: Of its bytes; None if they were not read whole.
    """

    job_id: str
    how: How
    source: str
    to: str
    sha256: str | None


class Log:
    """The log of one folder."""

    def __init__(self, folder: Path, file: IO[str]) -> None:
        self._path = folder / SORT_LOG
        self._file = file
        self.entries = list(_read(self._path))

    def add(self, entry: Entry) -> None:
        """Write down what is about to be done."""
        self._file.write(json.dumps(asdict(entry)) + "\n")
        self._file.flush()
        self.entries.append(entry)

    def keep(self, entries: list[Entry]) -> None:
        """Forget all others; without any the log itself goes."""
        if not entries:
            self._path.unlink(missing_ok=True)
        else:
            partial = self._path.with_name(SORT_LOG + ".partial")
            partial.write_text("".join(json.dumps(asdict(e)) + "\n" for e in entries), "ascii")
            partial.replace(self._path)
        self.entries = entries


@contextmanager
def opened(folder: Path) -> Iterator[Log]:
    """The log of a folder, which is made if need be, for one run at a time.

    Raises:
        UsageError: Another run is sorting into the folder, or it cannot be written.
    """
    made = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / SORT_LOG).open("a", encoding="ascii")
    except OSError as error:
        raise UsageError(f"{folder} cannot be written: {error.strerror}") from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError(f"another run is sorting into {folder}; wait for its end") from None
        log = Log(folder, file)
        yield log
        if not log.entries:  # Nothing was sorted: as if nobody had tried.
            log.keep([])
            if made and not any(folder.iterdir()):
                folder.rmdir()


def peek(folder: Path) -> list[Entry]:
    """What the log says, without making one."""
    return list(_read(folder / SORT_LOG))


def _read(path: Path) -> Iterator[Entry]:
    if not os.path.exists(path):
        return
    for line in path.read_text("ascii").splitlines():
        try:
            values = json.loads(line)
            yield Entry(**values | {"how": How(values["how"])})
        except (ValueError, TypeError, KeyError):
            continue  # The last line of a run that a power cut ended.

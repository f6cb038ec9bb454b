"""Undo a sort, except for files that have changed since."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from producer.sorting.sort_log import SortLog, SortLogEntry
from producer.sorting.strays import Strays
from producer.sorting.transfer import (
    ChangedError,
    TransferMode,
    hash_of,
    move_within,
    remove_empty_folders,
    same_file,
    transfer,
)


@dataclass(slots=True)
class UndoSummary:
    """The result of an undo.

    Attributes:
        count: Number of photos undone.
        returned: Those of `count` that are again where an earlier job had put them.
        companions: Number of companions undone.
        gone: Copies and links that are no longer there: nothing was left to undo.
        left: Skipped files, with the reason.
    """

    count: int = 0
    returned: int = 0
    companions: int = 0
    gone: list[str] = field(default_factory=list)
    left: list[tuple[str, str]] = field(default_factory=list)


def undo(log: SortLog, into: Path, job_id: str) -> UndoSummary:
    """Undo the sorting of a job into a folder, last file first.

    Copies and hard links are removed only if their source still exists. Moved files are moved back
    only if nothing else is at their original path. Files that an earlier job had sorted return to
    where it had put them. Files that were moved to another group by hand are found by content. A
    companion stays with a skipped photo. Skipped files, and all if it is interrupted, remain in the
    log.
    """
    run = _Undo(log, into, job_id)
    own = [n for n, entry in enumerate(log.entries) if entry.job_id == job_id]
    try:
        # Photos first: their companions follow their example.
        for number in sorted(own, key=lambda n: (log.entries[n].photo is not None, -n)):
            run.undo(number)
    finally:
        run.write_log()
    return run.done


class _Undo:
    """One run."""

    def __init__(self, log: SortLog, into: Path, job_id: str) -> None:
        self.done = UndoSummary()
        self._log = log
        self._into = into
        self._job_id = job_id
        self._strays = Strays(into, log.entries)
        self._settled: set[int] = set()
        self._skipped: set[str] = set()
        self._skipped_sources: set[str] = set()
        self._returned: set[tuple[str, str]] = set()
        self._found: dict[str, Path] = {}
        """Place of a photo in the log -> where it was found."""
        self._at: dict[tuple[str, str], list[int]] = {}
        self._left_for: dict[tuple[str, str], int] = {}
        """Source and place -> the entry by which a file last left this place for another."""
        for number, entry in enumerate(log.entries):
            self._at.setdefault((entry.source, entry.to), []).append(number)
            if entry.before is not None:
                self._left_for[entry.source, entry.before] = number

    def write_log(self) -> None:
        """Keep what is not undone, and the way by which skipped files came to their place."""
        self._log.keep(
            [
                entry
                for number, entry in enumerate(self._log.entries)
                if number not in self._settled
                or (entry.job_id == self._job_id and entry.source in self._skipped_sources)
            ]
        )

    def undo(self, number: int) -> None:
        """Undo an entry of the log, or note why not."""
        entry = self._log.entries[number]
        if self._is_superseded(number):
            self._settled.add(number)
            return
        try:
            problem = self._undo(number, entry)
        except ChangedError:
            problem = "changed since it was sorted"
        except OSError as error:
            problem = error.strerror or str(error)
        if problem is None:
            self._settled.add(number)
        else:
            self._skipped.add(entry.to)
            self._skipped_sources.add(entry.source)
            self.done.left.append((entry.to, problem))

    def _is_superseded(self, number: int) -> bool:
        """Return whether a later entry says where the file is, or no transfer took place."""
        entry = self._log.entries[number]
        place = entry.source, entry.to
        if self._at[place][-1] != number or place in self._returned:
            return True
        if os.path.lexists(self._into / entry.to):
            return False
        if self._left_for.get(place, -1) > number:
            return True
        before = entry.before
        is_known = before is not None and (entry.source, before) in self._at
        return before is not None and is_known and os.path.lexists(self._into / before)

    def _undo(self, number: int, entry: SortLogEntry) -> str | None:
        path = self._into / entry.to
        if not os.path.lexists(path):
            remove_empty_folders(path.parent, self._into)
            is_original = _is_original(entry)
            if entry.how is TransferMode.MOVE and entry.photo is None and is_original:
                return None  # Never moved, or undone by a killed run.
            found = self._find(entry)
            if found is None:
                return self._note_missing(entry, is_original)
            path = found
        if entry.photo in self._skipped:
            return "its photo was skipped"
        previous = self._previous(number)
        problem = self._return(entry, path, previous) if previous else _undo_entry(entry, path)
        if problem is None:
            self.done.count += entry.photo is None
            self.done.returned += entry.photo is None and previous is not None
            self.done.companions += entry.photo is not None
            remove_empty_folders(path.parent, self._into)
        return problem

    def _find(self, entry: SortLogEntry) -> Path | None:
        if entry.photo is None:
            found = self._strays.find(entry)
            if found:
                self._found[entry.to] = found
            return found
        photo = self._found.get(entry.photo)
        return self._strays.find_beside(entry, photo) if photo else None

    def _note_missing(self, entry: SortLogEntry, is_original: bool) -> str | None:
        if is_original:
            if entry.how is not TransferMode.MOVE:
                self.done.gone.append(entry.to)
            return None
        where = "in the other folders" if entry.photo is None else "beside its photo"
        return f"missing, also {where}; it came from {entry.source}"

    def _previous(self, number: int) -> SortLogEntry | None:
        """Return the entry of the job that had sorted a file before this job did."""
        entry = self._log.entries[number]
        while entry.before is not None:
            earlier = [n for n in self._at.get((entry.source, entry.before), ()) if n < number]
            if not earlier:
                return None
            number = earlier[-1]
            entry = self._log.entries[number]
            if entry.job_id != self._job_id:
                return entry
        return None

    def _return(self, entry: SortLogEntry, path: Path, previous: SortLogEntry) -> str | None:
        """Move a file back to where an earlier job had put it."""
        if problem := _check_unchanged(entry, path):
            return problem
        to = self._into / previous.to
        if to != path:
            if os.path.lexists(to):
                return f"another file is at {to}"
            move_within(path, to)
        self._returned.add((entry.source, previous.to))
        return None


def _is_original(entry: SortLogEntry) -> bool:
    """Return whether the source of an entry has the content that was sorted."""
    if entry.how is TransferMode.SYMLINK:
        return True  # A link had no content.
    if entry.sha256 is None:
        return os.path.lexists(entry.source)
    try:
        return hash_of(Path(entry.source)) == entry.sha256
    except (OSError, ChangedError):
        return False


def _check_unchanged(entry: SortLogEntry, path: Path) -> str | None:
    if entry.how is TransferMode.SYMLINK:
        if not path.is_symlink() or os.readlink(path) != entry.source:
            return "no longer the link that was created"
    elif path.is_symlink() or (entry.sha256 is not None and hash_of(path) != entry.sha256):
        raise ChangedError
    return None


def _undo_entry(entry: SortLogEntry, path: Path) -> str | None:
    source = Path(entry.source)
    if problem := _check_unchanged(entry, path):
        return problem
    if entry.how is TransferMode.SYMLINK:
        path.unlink()
        return None
    if entry.how is TransferMode.MOVE:
        if os.path.lexists(source):
            if not same_file(source, path):
                return f"another file is at {source}"
            path.unlink()  # The move was interrupted: both names exist.
            return None
        transfer(TransferMode.MOVE, path, source, entry.sha256)
        return None
    if not source.is_file():
        return f"{source} is missing, so this is the last copy"
    if not same_file(source, path):
        return f"{source} is different, so this is the last copy"
    path.unlink()
    return None

"""Transfer files into the sorted folder, each with an entry in its log, or only check them."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from producer.sorting.sort_log import SortLog, SortLogEntry
from producer.sorting.targets import State, Targets, companion_target
from producer.sorting.transfer import (
    TransferMode,
    check,
    move_within,
    remove_empty_folders,
    same_file,
    transfer,
)


class Transfers:
    """Transfer files of one job into one folder.

    Args:
        job_id: The job.
        into: The folder.
        how: Copy, move or link.
        log: The folder's log; None: a dry run.
        seen: Entries of the log, for a dry run.
        notify: Called with the source and the target of each transferred file.

    Attributes:
        targets: The names in the folder.
    """

    def __init__(
        self,
        job_id: str,
        into: Path,
        how: TransferMode,
        log: SortLog | None,
        seen: list[SortLogEntry] | None = None,
        notify: Callable[[Path, Path], None] = lambda _source, _target: None,
    ) -> None:
        self.into = into
        self.how = how
        self._job_id = job_id
        self._log = log
        self._notify = notify
        entries = log.entries if log else seen or []
        self.targets = Targets(into, entries)
        self._known: dict[tuple[str, str | None], list[SortLogEntry]] = {}
        self._by_photo: dict[str, list[SortLogEntry]] = {}
        for entry in entries:
            self._known.setdefault((entry.source, entry.sha256), []).append(entry)
            if entry.photo:
                self._by_photo.setdefault(entry.photo, []).append(entry)

    def known(self, source: Path, sha256: str | None) -> SortLogEntry | None:
        """Return the entry of a photo that was already sorted, by this job if there is one."""
        entries = self._known.get((str(source), sha256), [])
        if sha256 is not None:  # It was a companion while it had no verdict.
            companions = self._known.get((str(source), None), [])
            entries = [*(entry for entry in companions if entry.photo), *entries]
        present = [entry for entry in entries if os.path.lexists(self.into / entry.to)]
        own = [entry for entry in present if entry.job_id == self._job_id]
        return next(reversed(own or present), None)

    def known_companion(self, source: Path, target: Path) -> SortLogEntry | None:
        """Return the entry of a companion that was already transferred to this target."""
        to = self._relative(target)
        entries = [e for e in self._known.get((str(source), None), ()) if e.to == to]
        return entries[-1] if entries and os.path.lexists(target) else None

    def finish_move(self, entry: SortLogEntry, source: Path) -> None:
        """Remove the source of a move if a killed run of this job created only the new name."""
        is_own = entry.job_id == self._job_id and entry.how is TransferMode.MOVE
        is_own_move = is_own and self._log is not None and source.is_file()
        if is_own_move and same_file(source, self.into / entry.to):
            source.unlink()

    def transfer(
        self, source: Path, target: Path, sha256: str | None, photo: Path | None = None
    ) -> None:
        """Transfer a file, or check it in a dry run.

        Args:
            source: The file.
            target: Its new path.
            sha256: Expected hash of its content; None: unknown.
            photo: Of a companion: the new path of its photo.

        Raises:
            FileExistsError: Another process has just created the target.
            ChangedError: The content has another hash.
            OSError: The source cannot be read or the target not written.
        """
        check(self.how, source, target)
        if self._log:
            of_photo = None if photo is None else self._relative(photo)
            to = self._relative(target)
            entry = SortLogEntry(self._job_id, self.how, str(source), to, sha256, of_photo)
            entries = self._known.setdefault((str(source), sha256), [])
            if entry not in entries:
                self._log.add(entry)
                entries.append(entry)
            transfer(self.how, source, target, sha256)
        self.targets.add(target, source)
        self._notify(source, target)

    def regroup(self, entry: SortLogEntry, target: Path) -> bool:
        """Move a sorted photo and its companions within the folder, if their new names are free.

        Companions first: if the run is killed, the next one finds the photo and goes on.

        Args:
            entry: The photo's entry.
            target: Its new path.
        """
        photo, to = self.into / entry.to, self._relative(target)
        moves = [
            (each, companion_target(self.into / each.to, photo, target))
            for each in self._companions_of(entry)
        ]
        moves.append((entry, target))
        if any(self.targets.state(new, self.into / old.to) is not State.FREE for old, new in moves):
            return False
        for old, new in moves:
            path = self.into / old.to
            if self._log:
                of_photo = to if old.photo else None
                new_to = self._relative(new)
                moved = replace(old, job_id=self._job_id, to=new_to, photo=of_photo, before=old.to)
                self._log.add(moved)
                self._known.setdefault((moved.source, moved.sha256), []).append(moved)
                move_within(path, new)
                remove_empty_folders(path.parent, self.into)
            self.targets.add(new, Path(old.source))
            self._notify(path, new)
        return True

    def _companions_of(self, entry: SortLogEntry) -> list[SortLogEntry]:
        """Return the companions that are next to a sorted photo, each once."""
        found = {each.to: each for each in self._by_photo.get(entry.to, ())}
        return [each for each in found.values() if os.path.lexists(self.into / each.to)]

    def _relative(self, target: Path) -> str:
        return target.relative_to(self.into).as_posix()

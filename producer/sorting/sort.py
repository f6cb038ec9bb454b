"""Sort classified photos into a folder per group: `with/ without/ unsure/ no-face/ failed/`.

A photo is sorted only if its file has not changed since it was classified. Photos in the folder's
log, or whose content is in place under the same name, are already sorted, so an interrupted run
continues where it stopped, and another job adds only what is new.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from glasses.config.regular_file import check_regular
from glasses.protocol.groups import Group
from glasses.protocol.photo_result import PhotoResult
from glasses.protocol.statuses import Origin
from glasses.protocol.verdict import Verdict
from glasses.sources.hashing import hash_file
from glasses.sources.walk import SourceFile
from producer.sorting.carry import Carrier
from producer.sorting.companions import Companions, is_companion
from producer.sorting.sort_log import SortLogEntry
from producer.sorting.summary import MISSING, SortSummary
from producer.sorting.targets import State
from producer.sorting.transfer import ChangedError, TransferMode
from producer.sorting.transfers import Transfers

UNREADABLE_FOLDER = "a folder that could not be read"
INVALID_NAME = "not a valid file name"
CHANGED = "changed since it was classified"
NOT_A_FILE = {
    None: "unknown folder; pass it with --from",
    Origin.ARCHIVE: "in an archive; unpack it and pass the folder with --from",
    Origin.BUCKET: "in a bucket; download it and pass the folder with --from",
}


class Sorter:
    """Sort the photos of one job into one folder.

    Args:
        transfers: Transfers files into the folder.
        group_of: Returns the group of a verdict.
        max_bytes: See `glasses.sources.hashing.hash_file`.
        companions: Finds files that travel with their photo; None: they stay.
        done: Counts what was done; default: a new summary.
    """

    def __init__(
        self,
        transfers: Transfers,
        group_of: Callable[[Verdict], Group],
        max_bytes: int,
        companions: Companions | None = None,
        done: SortSummary | None = None,
    ) -> None:
        self._transfers = transfers
        self._group_of = group_of
        self._max_bytes = max_bytes
        self.done = done or SortSummary()
        self._carrier = Carrier(companions, transfers, self.done) if companions else None
        self._sorted: set[tuple[str, str | None]] = set()
        self._deferred: list[tuple[PhotoResult, Path]] = []

    def put(self, photo: PhotoResult, source: Path | None) -> None:
        """Sort one photo, or add it to `done.left` with the reason.

        A failed file that may be a companion waits for `finish`, by when its photo was sorted.

        Args:
            photo: The photo with its verdict.
            source: Path of its file; None if unknown.
        """
        problem: str | None
        if source is None:
            problem = NOT_A_FILE[photo.entry.origin]
        elif not (_is_valid_name(str(source)) and _is_valid_name(photo.verdict.image)):
            problem = INVALID_NAME
        else:
            path = Path(os.path.abspath(source))
            is_failed = self._group_of(photo.verdict) is Group.FAILED
            if self._carrier and is_failed and is_companion(path):
                self._deferred.append((photo, path))
                return
            problem = self._try(photo, path)
        if problem:
            self.done.left.append((photo.verdict.image, problem))

    def finish(self) -> None:
        """Sort what waited and is no companion of a photo."""
        for photo, path in self._deferred:
            if self._carrier and self._carrier.is_carried(path):
                continue
            if problem := self._try(photo, path):
                self.done.left.append((photo.verdict.image, problem))
        self._deferred.clear()

    def _try(self, photo: PhotoResult, source: Path) -> str | None:
        try:
            return self._sort(photo, source)
        except ChangedError:
            return CHANGED
        except OSError as error:
            return error.strerror or str(error)

    def _sort(self, photo: PhotoResult, source: Path) -> str | None:
        file = (str(source), photo.entry.sha256)
        if file in self._sorted:
            self.done.repeated += 1
            return None
        group = self._group_of(photo.verdict)
        known = self._transfers.known(source, photo.entry.sha256)
        if known:
            self._keep(known, photo, source, group)
        elif problem := self._problem(photo, source):
            return problem
        else:
            self._transfer(photo, source, group)
        self._sorted.add(file)
        return None

    def _keep(self, known: SortLogEntry, photo: PhotoResult, source: Path, group: Group) -> None:
        """Leave a photo that was sorted by an earlier run, unless its group is now different."""
        self._transfers.finish_move(known, source)
        is_photo = known.photo is None
        if known.how is not self._transfers.how:
            self.done.already_sorted += is_photo
            self.done.otherwise += is_photo
            return
        if is_photo and PurePosixPath(known.to).parts[0] != group:
            self._regroup(known, photo, source, group)
            return
        self.done.already_sorted += is_photo
        self._carry_unless_kept(photo, source, self._transfers.into / known.to, group)

    def _regroup(self, known: SortLogEntry, photo: PhotoResult, source: Path, group: Group) -> None:
        """Move a sorted photo and its companions to the folder of another group."""
        preferred = self._transfers.into / group / _relative_path(photo.verdict.image)
        for target in self._transfers.targets.candidates(preferred, source):
            if self._transfers.regroup(known, target):
                break
        self.done.regrouped += 1
        self.done.corrected += photo.verdict.correction is not None
        self._carry_unless_kept(photo, source, target, group)

    def _carry_unless_kept(
        self, photo: PhotoResult, source: Path, target: Path, group: Group
    ) -> None:
        if self._transfers.how is TransferMode.MOVE and os.path.lexists(source):
            self.done.kept += 1  # Its companions stay with it.
        else:
            self._carry(photo, source, target, group)

    def _problem(self, photo: PhotoResult, source: Path) -> str | None:
        """Return why a file cannot be sorted."""
        if not os.path.lexists(source):
            return MISSING
        if os.path.exists(source):  # A dangling link can still be linked to.
            check_regular(source)
            if source.is_dir():
                return UNREADABLE_FOLDER
        current = hash_file(SourceFile(photo.entry.image, source), self._max_bytes)
        now, then = ((e.sha256, e.size, e.reason) for e in (current, photo.entry))
        return CHANGED if now != then and photo.entry.readable else None

    def _transfer(self, photo: PhotoResult, source: Path, group: Group) -> None:
        """Transfer a photo to the first free name, unless the same photo is in place."""
        preferred = self._transfers.into / group / _relative_path(photo.verdict.image)
        targets, sha256 = self._transfers.targets, photo.entry.sha256
        for target in targets.candidates(preferred, source):
            state = targets.state(target, source, sha256)
            if state is State.SAME:
                is_repeated = targets.is_added(target)
                self.done.repeated += is_repeated
                self.done.already_sorted += not is_repeated
                if self._transfers.how is TransferMode.MOVE:
                    self.done.kept += 1
                    return  # Its companions stay with it.
                break
            if state is State.FREE and self._has_room(source, target, group):
                try:
                    self._transfers.transfer(source, target, sha256)
                except FileExistsError:
                    continue  # Another process has just created it.
                self.done.groups[group] += 1
                self.done.corrected += photo.verdict.correction is not None
                break
        self._carry(photo, source, target, group)

    def _has_room(self, source: Path, target: Path, group: Group) -> bool:
        return not self._carrier or self._carrier.has_room(source, target, group)

    def _carry(self, photo: PhotoResult, source: Path, target: Path, group: Group) -> None:
        if self._carrier:
            self._carrier.carry(source, target, photo.verdict.image, group)


def _is_valid_name(name: str) -> bool:
    """Return whether a file can have this name: a manifest may contain any string."""
    try:
        return b"\0" not in os.fsencode(name)
    except UnicodeEncodeError:
        return False


def _relative_path(image: str) -> Path:
    """Return a photo's name as a relative path without `..`, which stays inside the folder."""
    parts = [part for part in PurePosixPath(image).parts if part not in {"/", "//", "..", "."}]
    return Path(*parts) if parts else Path("unnamed")

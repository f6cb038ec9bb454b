"""Judged photos -> folders `with/ without/ unsure/ no-face/ failed/`.

A photo is touched only if it is still the file that was judged. What the log of the folder names
is done already, so a run that was stopped goes on where it was.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path, PurePosixPath

from glasses.examine import examine
from glasses.groups import Band, Group, group_of
from glasses.judged import Judged
from glasses.regular import check_regular
from glasses.sorting.log import Entry, Log
from glasses.sorting.transfer import ChangedError, How, check, same_file, transfer
from glasses.statuses import Origin
from glasses.walk import Source

GONE = "is gone"
FOLDER = "is a folder that could not be read"
CHANGED = "has changed since it was judged"
NOWHERE = {
    None: "its folder is not known: name it with --from",
    Origin.ARCHIVE: "lies in an archive: unpack that and name the folder with --from",
    Origin.BUCKET: "lies in a bucket: fetch it and name the folder with --from",
}


@dataclass(slots=True)
class Sorted:
    """What a run did.

    Attributes:
        groups: Photos that were put into each group.
        already: Photos that an earlier run had sorted.
        repeated: Rows of a file that another row of the job had brought: it is found twice, say.
        otherwise: Of those, photos that would now be brought in another way, or elsewhere.
        left: Photos that were left alone, with the reason.
    """

    groups: Counter[Group] = field(default_factory=Counter)
    already: int = 0
    repeated: int = 0
    otherwise: int = 0
    left: list[tuple[str, str]] = field(default_factory=list)

    @property
    def all_gone(self) -> bool:
        """No photo was found: they lie elsewhere, all of them."""
        return not self.groups and not self.already and all(why == GONE for _, why in self.left)


class Sorter:
    """Sorts the photos of one job into one folder.

    Args:
        job_id: The job.
        into: The folder.
        how: Copy, move or link.
        band: Which probabilities are unsure.
        max_bytes: As `glasses.examine.examine` takes it.
        log: The folder's log; None: only say what would be done.
        seen: Entries of the log, where there is none to write.
        notify: Called with each photo that is put somewhere.
    """

    def __init__(
        self,
        job_id: str,
        into: Path,
        how: How,
        band: Band,
        max_bytes: int,
        log: Log | None,
        seen: list[Entry] | None = None,
        notify: Callable[[Path, Path], None] = lambda _source, _to: None,
    ) -> None:
        self._job_id = job_id
        self._into = into
        self._how = how
        self._band = band
        self._max_bytes = max_bytes
        self._log = log
        self._notify = notify
        entries = log.entries if log else seen or []
        self._known = {(e.source, e.sha256): e for e in entries if e.job_id == job_id}
        self._brought: set[tuple[str, str | None]] = set()
        self._taken: set[Path] = set()
        self.done = Sorted()

    def put(self, photo: Judged, source: Path | None) -> None:
        """Put one photo into its folder, or say why not in `done.left`.

        Args:
            photo: What was judged.
            source: Where it lies; None if nobody knows.
        """
        try:
            problem = (
                NOWHERE[photo.entry.origin]
                if source is None
                else self._put(photo, Path(os.path.abspath(source)))
            )
        except ChangedError:
            problem = CHANGED
        except OSError as error:
            problem = error.strerror or str(error)
        if problem:
            self.done.left.append((photo.verdict.image, problem))

    def _put(self, photo: Judged, source: Path) -> str | None:
        file = (str(source), photo.entry.sha256)
        if file in self._brought:
            self.done.repeated += 1
            return None
        known = self._known.get(file)
        if known and os.path.lexists(self._into / known.to):
            self._finish_move(known, source)
            self.done.already += 1
            self._brought.add(file)
            group = PurePosixPath(known.to).parts[0]
            if known.how is not self._how or group != group_of(photo.verdict, self._band):
                self.done.otherwise += 1
            return None
        if not os.path.lexists(source):
            return GONE
        if os.path.exists(source):  # Not a link to nothing, which can be linked to.
            check_regular(source)
            if source.is_dir():
                return FOLDER
        found = examine(Source(photo.entry.image, source), self._max_bytes)
        now, then = ((e.sha256, e.size, e.reason) for e in (found, photo.entry))
        if now != then and photo.entry.readable:
            return CHANGED
        group = group_of(photo.verdict, self._band)
        wanted = self._into / group / _within(photo.verdict.image)
        to = self._bring(source, wanted, photo.entry.sha256, known)
        self.done.groups[group] += 1
        self._brought.add(file)
        self._notify(source, to)
        return None

    def _finish_move(self, known: Entry, source: Path) -> None:
        """A run that was killed may have made the new name and not yet removed the old one."""
        cut_short = self._log and known.how is How.MOVE and source.is_file()
        if cut_short and same_file(source, self._into / known.to):
            source.unlink()

    def _bring(self, source: Path, wanted: Path, sha256: str | None, known: Entry | None) -> Path:
        for number in count(1):
            to = wanted if number == 1 else wanted.with_stem(f"{wanted.stem} ({number})")
            if to in self._taken or os.path.lexists(to):
                continue
            if self._log is None:
                check(self._how, source)
                self._taken.add(to)
                return to
            entry = Entry(
                self._job_id, self._how, str(source), to.relative_to(self._into).as_posix(), sha256
            )
            if entry != known:
                self._log.add(entry)
                self._known[str(source), sha256] = entry
            try:
                transfer(self._how, source, to, sha256)
            except FileExistsError:
                continue  # Somebody else was faster.
            return to
        raise AssertionError


def _within(image: str) -> Path:
    """A photo's name as a path that cannot lead out of the folder it is put below."""
    parts = [part for part in PurePosixPath(image).parts if part not in {"/", "//", "..", "."}]
    return Path(*parts) if parts else Path("unnamed")

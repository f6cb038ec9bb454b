"""Apply corrections to the verdicts of a job."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable

from glasses.protocol.photo_result import PhotoResult
from glasses.protocol.verdict import Correction, Verdict, correct
from glasses.sources.label_table import LabelRow
from producer.feedback.correction_set import written_forms

_CORRECTIONS = {True: Correction.GLASSES, False: Correction.NO_GLASSES, None: Correction.DROP}


class CorrectedVerdicts:
    """Corrections that are looked up by the photo's content, or else by its name.

    Args:
        rows: The corrections. Those with a hash apply to all photos with these bytes.
        job_id: The job; corrections by name that belong to another one are ignored.
        read: Returns the job's verdicts; called if there are corrections by name.
    """

    def __init__(
        self, rows: list[LabelRow], job_id: str, read: Callable[[], Iterable[Verdict]]
    ) -> None:
        self._rows = rows
        self._jobs = {None, job_id}
        self._by_content = {row.sha256: row for row in rows if row.sha256}
        self._by_name = {row.name: row for row in rows if not row.sha256 and row.job in self._jobs}
        self._used: set[tuple[str, bool | None]] = set()
        """Hash or name, and label: copies of a photo may have a row each."""
        self.ambiguous: list[str] = []
        if self._by_name:
            self._remove_ambiguous(read())

    def correct(self, verdict: Verdict) -> Verdict:
        """Return a verdict with its correction, if there is one."""
        row = self._by_content.get(verdict.sha256 or "")
        if row is None and self._by_name:
            found = [self._by_name[name] for name in _names(verdict) if name in self._by_name]
            row = found[0] if found else None
        if row is None:
            return verdict
        self._used.add((row.sha256 or row.name, row.label))
        return correct(verdict, _CORRECTIONS[row.label], row.eyewear)

    def correct_photo(self, photo: PhotoResult) -> PhotoResult:
        """Return a photo with the correction of its verdict, if there is one."""
        return dataclasses.replace(photo, verdict=self.correct(photo.verdict))

    @property
    def unused(self) -> list[str]:
        """Return the names of corrections that matched no photo so far."""
        return [
            row.name
            for row in self._rows
            if not self._is_used(row) and row.name not in self.ambiguous
        ]

    def _is_used(self, row: LabelRow) -> bool:
        is_meant = row.sha256 or row.job in self._jobs
        return bool(is_meant) and (row.sha256 or row.name, row.label) in self._used

    def _remove_ambiguous(self, verdicts: Iterable[Verdict]) -> None:
        """Remove the names that different photos have, since either may be meant."""
        contents: dict[str, set[str | None]] = {}
        for verdict in verdicts:
            for name in _names(verdict):
                if name in self._by_name:
                    contents.setdefault(name, set()).add(verdict.sha256)
        self.ambiguous = [name for name, found in contents.items() if len(found) > 1]
        for name in self.ambiguous:
            del self._by_name[name]


def log_unused(corrections: CorrectedVerdicts) -> None:
    """Log the corrections that were not applied."""
    from producer.console import log_some

    log_some(f"correction of {name} matches no photo of this job" for name in corrections.unused)
    log_some(
        f"correction of {name} not applied: several photos have this name; use the path"
        for name in corrections.ambiguous
    )


def _names(verdict: Verdict) -> list[str]:
    """Return what a table may call a photo, the most exact first."""
    paths = written_forms(verdict.path) if verdict.path else set()
    return [*sorted(paths), *sorted(written_forms(verdict.image) - paths)]

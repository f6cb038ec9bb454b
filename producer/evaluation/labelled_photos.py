"""Find the results of labelled photos: classify them on this machine, or look them up in a job."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from glasses.client import Client
from glasses.evaluation.evaluate import LabelledVerdict
from glasses.in_process import InProcess
from glasses.protocol.eyewear import Eyewear
from glasses.protocol.photo_result import PhotoResult
from glasses.sources.hashing import hash_file
from glasses.sources.label_set import LabelSet
from glasses.sources.label_table import LabelRow, LabelTable
from glasses.sources.walk import SourceFile
from producer.console import progress_bars
from producer.feedback.correction_set import photos_by_name

_QUOTE = "'"


@dataclass(frozen=True, slots=True)
class LabelledFile:
    """A file to classify, with its label.

    Attributes:
        row: The photo in the labels.
        label: Whether the person wears glasses.
        source: The file.
    """

    row: LabelRow
    label: bool
    source: SourceFile


@dataclass(frozen=True, slots=True)
class LabelledPhoto:
    """A photo with its label and its result.

    Attributes:
        row: The photo in the labels.
        label: Whether the person wears glasses.
        result: Manifest entry and verdict.
    """

    row: LabelRow
    label: bool
    result: PhotoResult

    @property
    def verdict(self) -> LabelledVerdict:
        """Return the verdict with the label."""
        eyewear = self.row.eyewear if self.label else Eyewear.NONE
        return LabelledVerdict(self.result.verdict, self.label, self.row.groups, eyewear)


@dataclass(slots=True)
class LabelledPhotos:
    """Labelled photos, and those that are left out.

    Attributes:
        photos: Those with a result.
        missing: Names of photos whose file, or whose result in the job, does not exist.
        contradictory: Names of photos with the same content but different labels.
        changed: Number of labels that were corrected.
        dropped: Number of photos that corrections exclude.
    """

    photos: list[LabelledPhoto] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    contradictory: list[str] = field(default_factory=list)
    changed: int = 0
    dropped: int = 0

    @property
    def duplicates(self) -> int:
        """Return the number of photos with the same content as an earlier one."""
        contents = [photo.result.verdict.sha256 for photo in self.photos]
        known = [content for content in contents if content]
        return len(known) - len(set(known))

    def correct(self, corrections: LabelTable) -> list[str]:
        """Apply corrections to the labels, and return the names of those that fit no photo."""
        by_content = {row.sha256: row for row in corrections.rows if row.sha256}
        by_name = {row.name: row for row in corrections.rows if not row.sha256}
        used, kept = set(), []
        for photo in self.photos:
            verdict = photo.result.verdict
            row = by_content.get(verdict.sha256 or "") or by_name.get(photo.row.name)
            label = photo.label if row is None else row.label
            used.add(id(row))
            if label is None:
                self.dropped += 1
                continue
            self.changed += label != photo.label
            eyewear = photo.row.eyewear if row is None else row.eyewear
            corrected = dataclasses.replace(photo.row, eyewear=eyewear)
            kept.append(LabelledPhoto(corrected, label, photo.result))
        self.photos = kept
        return [row.name for row in corrections.rows if id(row) not in used]

    def leave_out_contradictory(self) -> None:
        """Leave out photos with the same content but different labels."""
        labels: dict[str, set[bool]] = {}
        for photo in self.photos:
            if content := photo.result.verdict.sha256:
                labels.setdefault(content, set()).add(photo.label)
        wrong = {content for content, found in labels.items() if len(found) > 1}
        self.contradictory = [
            photo.row.name for photo in self.photos if photo.result.verdict.sha256 in wrong
        ]
        self.photos = [p for p in self.photos if p.result.verdict.sha256 not in wrong]


def find_files(labels: LabelSet) -> tuple[list[LabelledFile], list[str]]:
    """Return the files of labelled photos, and the names of those that do not exist."""
    files, missing = [], []
    for row in labels.labelled:
        path = _file(labels.folder, row.name)
        if path is None:
            missing.append(row.name)
        else:
            files.append(LabelledFile(row, bool(row.label), SourceFile(row.name, path)))
    return files, missing


def classify(files: list[LabelledFile], pipeline: InProcess) -> LabelledPhotos:
    """Classify labelled photos on this machine, with a progress bar."""
    found = LabelledPhotos()
    results = pipeline.photo_results(file.source for file in files)
    for file, result in zip(files, _with_progress(results, len(files)), strict=True):
        row = file.row
        if row.sha256 and result.verdict.sha256 and row.sha256 != result.verdict.sha256:
            found.missing.append(row.name)  # another photo is now stored under this name
        else:
            found.photos.append(LabelledPhoto(row, file.label, result))
    return found


def _with_progress(results: Iterable[PhotoResult], total: int) -> Iterator[PhotoResult]:
    """Yield results and show how many there are and how fast they come."""
    start = time.monotonic()
    with progress_bars() as bars:
        task = bars.add_task("evaluate", total=total, note="") if bars else None
        for count, result in enumerate(results, 1):
            if bars and task is not None:
                seconds = time.monotonic() - start
                note = f"{count / seconds:.0f} photos/s" if seconds > 1 else ""
                bars.update(task, completed=count, note=note)
            yield result


def find_in_job(labels: LabelSet, client: Client, job: str, max_bytes: int) -> LabelledPhotos:
    """Find labelled photos in a job, by content if that is known and else by name.

    Names alone would confuse collections in which each camera starts at IMG_0001.jpg.
    """
    wanted: list[tuple[LabelRow, str | None]] = []
    for row in labels.labelled:
        path = _file(labels.folder, row.name)
        file = SourceFile(row.name, path) if path and not row.sha256 else None
        wanted.append((row, row.sha256 or (hash_file(file, max_bytes).sha256 if file else None)))
    contents = {content for _, content in wanted if content}
    names = {row.name for row, _ in wanted}
    by_content: dict[str, list[PhotoResult]] = {}

    def results() -> Iterator[PhotoResult]:
        for result in client.job(job, newest=True).photo_results():
            if (content := result.verdict.sha256) in contents and content:
                by_content.setdefault(content, []).append(result)
            yield result

    by_name = photos_by_name(results(), names)
    found = LabelledPhotos()
    for row, content in wanted:
        named = by_name.get(row.name, [])
        candidates = by_content.get(content, []) if content else named
        # Of several copies, the one with this name; without a known content it must be unique.
        best = next((each for each in candidates if each in named), None) or next(
            iter(candidates), None
        )
        if best is None or (not content and len({each.verdict.sha256 for each in named}) > 1):
            found.missing.append(row.name)
        else:
            found.photos.append(LabelledPhoto(row, bool(row.label), best))
    return found


def _file(folder: Path, name: str) -> Path | None:
    """Return the file that a label names; spreadsheets may have required a `'` before the name."""
    for written in dict.fromkeys((name, name.removeprefix(_QUOTE))):
        path = folder / written
        with suppress(OSError, ValueError):  # no file can have this name
            if path.exists() and not path.is_dir():
                return path
    return None

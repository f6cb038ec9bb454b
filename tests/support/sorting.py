"""Classified photos without servers, and a sorter for them."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from pathlib import Path

from glasses.protocol.outcome import Box, Face, Outcome
from glasses.protocol.photo_result import PhotoResult
from glasses.protocol.statuses import PhotoStatus
from glasses.protocol.verdict import DecisionRule, make_verdict
from glasses.sources.hashing import hash_file
from glasses.sources.walk import SORT_LOG, SourceFile
from producer.options import Only
from producer.row_filter import RowFilter
from producer.sorting import SortSummary, TransferMode, Transfers
from producer.sorting.run import SortRequest, sort_photos
from producer.sorting.sort_log import open_log, read_log

JOB = "abcd2345"
LIMIT = 1 << 20
JPEG = b"\xff\xd8\xff"
RULE = DecisionRule(model="m@1", threshold=0.5)
WANTED = [
    "failed/notes.txt", "no-face/cat.jpg", "unsure/unsure.jpg", "with/album/with.jpg",
    "with/with.jpg", "without/without.jpg",
]  # fmt: skip


def outcome(probability: float | None, sunglasses: float | None = None) -> Outcome:
    """Return the outcome of a photo with one face, or without one for None."""
    if probability is None:
        return Outcome(status=PhotoStatus.NO_FACE)
    face = Face(
        box=Box(left=0, top=0, width=9, height=9),
        detection_score=1,
        probability=probability,
        sunglasses_probability=sunglasses,
    )
    return Outcome(status=PhotoStatus.CLASSIFIED, faces=(face,))


def classified(
    source: SourceFile, probability: float | None, sunglasses: float | None = None
) -> PhotoResult:
    """Return a file with the verdict that a job would return."""
    entry = hash_file(source, LIMIT).model_copy(update={"path": os.path.abspath(source.path)})
    found = Outcome.failed(entry.reason) if entry.reason else outcome(probability, sunglasses)
    return PhotoResult(entry, make_verdict(entry.image, entry.sha256, found, RULE))


def sort(
    photos: list[PhotoResult],
    transfers: Transfers,
    companions: bool = True,
    only: Collection[Only] = (),
    by_kind: bool = False,
) -> SortSummary:
    """Sort the photos as the command does."""
    done = SortSummary()
    request = SortRequest(RowFilter(only), None, companions, LIMIT, by_kind)
    sort_photos(lambda: photos, request, transfers, done)
    return done


def run(
    photos: list[PhotoResult],
    into: Path,
    how: TransferMode = TransferMode.COPY,
    job: str = JOB,
    companions: bool = True,
    only: Collection[Only] = (),
    by_kind: bool = False,
) -> SortSummary:
    """Sort the photos and return the summary."""
    with open_log(into) as log:
        return sort(photos, Transfers(job, into, how, log), companions, only, by_kind)


def dry_run(
    photos: list[PhotoResult], into: Path, how: TransferMode = TransferMode.COPY, job: str = JOB
) -> SortSummary:
    """Return the summary of a dry run."""
    return sort(photos, Transfers(job, into, how, None, read_log(into)))


def tree(folder: Path) -> dict[str, bytes]:
    """Return the files of a folder by path, without the sort log."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != SORT_LOG
    }


def contents(photos: list[PhotoResult]) -> Iterator[tuple[str, bytes]]:
    """Yield the path and the bytes of each photo."""
    for photo in photos:
        source = photo.source()
        assert source
        yield str(source), source.read_bytes()

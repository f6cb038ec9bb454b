"""Judged photos without servers, and a sorter that is run over them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from glasses.examine import examine
from glasses.groups import Band
from glasses.judged import Judged
from glasses.outcome import Box, Face, Outcome
from glasses.sorting import How, Sorted, Sorter
from glasses.sorting.log import opened, peek
from glasses.statuses import PhotoStatus
from glasses.verdict import Rule, verdict
from glasses.walk import SORT_LOG, Source

JOB = "abcd2345"
LIMIT = 1 << 20
JPEG = b"\xff\xd8\xff"
RULE = Rule(model="m@1", threshold=0.5)
WANTED = [
    "failed/notes.txt", "no-face/cat.jpg", "unsure/unsure.jpg", "with/album/with.jpg",
    "with/with.jpg", "without/without.jpg",
]  # fmt: skip


def outcome(probability: float | None) -> Outcome:
    """Of a photo with one face, or none."""
    if probability is None:
        return Outcome(status=PhotoStatus.NO_FACE)
    face = Face(
        box=Box(left=0, top=0, width=9, height=9), detection_score=1, probability=probability
    )
    return Outcome(status=PhotoStatus.CLASSIFIED, faces=(face,))


def judged(source: Source, probability: float | None) -> Judged:
    """A file with the verdict that a job would have."""
    entry = examine(source, LIMIT).model_copy(update={"path": os.path.abspath(source.path)})
    found = Outcome.failed(entry.reason) if entry.reason else outcome(probability)
    return Judged(entry, verdict(entry.image, entry.sha256, found, RULE))


def run(photos: list[Judged], into: Path, how: How = How.COPY) -> Sorted:
    """Sort them."""
    with opened(into) as log:
        sorter = Sorter(JOB, into, how, Band(), LIMIT, log)
        for photo in photos:
            sorter.put(photo, photo.source())
    return sorter.done


def dry_run(photos: list[Judged], into: Path, how: How = How.COPY) -> Sorted:
    """Say what `run` would do."""
    sorter = Sorter(JOB, into, how, Band(), LIMIT, None, peek(into))
    for photo in photos:
        sorter.put(photo, photo.source())
    return sorter.done


def tree(folder: Path) -> dict[str, bytes]:
    """What lies in a folder, the log left out."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != SORT_LOG
    }


def contents(photos: list[Judged]) -> Iterator[tuple[str, bytes]]:
    """Where photos lie, and their bytes."""
    for photo in photos:
        source = photo.source()
        assert source
        yield str(source), source.read_bytes()

"""A resumed run gives the rows of an uninterrupted one, and classifies only what it must."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import pytest

from glasses.config.settings import Settings
from glasses.protocol.outcome import Outcome
from glasses.protocol.photo_result import PhotoResult
from glasses.protocol.statuses import FailureReason, PhotoStatus
from glasses.protocol.verdict import DecisionRule, Verdict
from glasses.sources.arguments import PhotoSelection
from glasses.sources.hashing import hash_file
from glasses.sources.walk import SourceFile
from producer.resume.journal import Journal
from producer.resume.run import ResumableRun, Source
from tests.support.archives import packed

RULE = DecisionRule(model="m@1", threshold=0.5)
JPEG = b"\xff\xd8\xff"
COUNT = 40


class Classifier:
    """Classifies by content, a batch ahead of its results, and notes what it was given."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def __call__(self, photos: Iterable[Source]) -> Iterator[PhotoResult]:
        remaining = iter(photos)
        while batch := list(islice(remaining, 8)):
            for photo in batch:
                self.seen.append(photo.image)
                if isinstance(photo, SourceFile):
                    entry = photo.identify(hash_file(photo, 1 << 20))
                else:
                    entry = photo.examine(1 << 20)
                outcome = Outcome(status=PhotoStatus.NO_FACE)
                if entry.size and entry.size % 7 == 0:
                    outcome = Outcome.failed(FailureReason.CORRUPT)
                yield PhotoResult.of(entry, outcome, RULE)


def run(folder: Path, arguments: list[str], stop: int | None = None) -> tuple[list[Verdict], int]:
    """Return the rows of a run that stops after some, and how many photos it classified."""
    classifier = Classifier()
    with Journal.open(folder / "rows.csv", resume=True) as journal:
        journal.load(RULE.model)
        photos = PhotoSelection(arguments).local(Settings())
        results = ResumableRun(journal, classifier, RULE).results(photos)
        return [photo.verdict for photo in islice(results, stop)], len(classifier.seen)


@pytest.fixture
def collection(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(COUNT):
        (folder / f"{number:02d}.jpg").write_bytes(JPEG + bytes(number))
    return folder


def test_a_resumed_run_has_the_same_rows_in_the_same_order(
    tmp_path: Path, collection: Path
) -> None:
    whole, count = run(tmp_path / "in", [str(collection)])
    assert count == COUNT
    failed = sum(row.status is PhotoStatus.FAILED for row in whole)
    assert failed > 3
    assert run(tmp_path / "in", [str(collection)]) == (whole, failed), "failures are tried again"
    (tmp_path / "in" / ".rows.csv.partial").unlink()
    for stop in (1, 9, 23):
        run(tmp_path / "in", [str(collection)], stop)
    rows, count = run(tmp_path / "in", [str(collection)])
    assert rows == whole
    assert count == COUNT - 23 + sum(row.status is PhotoStatus.FAILED for row in whole[:23])


def test_changed_new_and_deleted_photos_are_noticed(tmp_path: Path, collection: Path) -> None:
    before, _ = run(tmp_path, [str(collection)])
    failed = {row.image for row in before if row.status is PhotoStatus.FAILED}
    changed = collection / "20.jpg"
    stat = changed.stat()
    changed.write_bytes(JPEG + b"x" * 20)
    os.utime(changed, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1))
    (collection / "00.jpg").unlink()
    (collection / "zz.jpg").write_bytes(JPEG + bytes(90))
    rows, count = run(tmp_path, [str(collection)])
    assert [row.image for row in rows] == [*(f"{n:02d}.jpg" for n in range(1, COUNT)), "zz.jpg"]
    assert count == len(failed) + 2
    old = {row.image: row.sha256 for row in before}
    assert {r.image for r in rows if r.sha256 != old.get(r.image)} == {"20.jpg", "zz.jpg"}


def test_rows_have_the_names_of_this_run(
    tmp_path: Path, collection: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(tmp_path, [str(collection)])
    monkeypatch.chdir(tmp_path)
    rows, count = run(tmp_path, ["in/01.jpg", str(collection / "02.jpg")])
    assert count == 0
    assert [(row.image, row.path) for row in rows] == [
        ("01.jpg", "in/01.jpg"), ("02.jpg", str(collection / "02.jpg")),
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_members_are_known_while_their_archive_is_unchanged(
    kind: str, tmp_path: Path, collection: Path
) -> None:
    files = {path.name: path.read_bytes() for path in sorted(collection.iterdir())}
    path = packed(tmp_path / f"p.{kind}", files, kind)  # type: ignore[arg-type]
    whole, _ = run(tmp_path, [str(path)])
    failed = sum(row.status is PhotoStatus.FAILED for row in whole)
    assert run(tmp_path, [str(path)]) == (whole, failed)
    os.utime(path, ns=(0, 0))
    assert run(tmp_path, [str(path)]) == (whole, COUNT)

"""Sorting again transfers only what is new, whichever job it comes from."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from glasses.protocol.photo_result import PhotoResult
from glasses.sources.walk import SORT_LOG, SourceFile, walk
from producer.sorting import TransferMode, sort, undo
from producer.sorting.output import summary_line
from producer.sorting.sort_log import open_log
from tests.support.sorting import JOB, JPEG, WANTED, classified, dry_run, run, tree

NEXT_JOB = "efgh6789"


@pytest.fixture
def grown(photos: list[PhotoResult], tmp_path: Path) -> list[PhotoResult]:
    """Return the photos of a job after one more was added."""
    path = tmp_path / "collection/new.jpg"
    path.write_bytes(JPEG + b"new")
    return [*photos, classified(SourceFile("new.jpg", path), 0.95)]


@pytest.mark.parametrize("how", TransferMode)
def test_the_next_job_of_a_growing_folder_adds_only_what_is_new(
    how: TransferMode,
    photos: list[PhotoResult],
    grown: list[PhotoResult],
    into: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run(photos, into, how)
    read: list[Path] = []
    hash_file = sort.hash_file

    def recorded(source: SourceFile, max_bytes: int):  # type: ignore[no-untyped-def]
        read.append(source.path)
        return hash_file(source, max_bytes)

    monkeypatch.setattr(sort, "hash_file", recorded)
    dry = dry_run(grown, into, how, NEXT_JOB)
    done = run(grown, into, how, NEXT_JOB)
    assert dry == done
    figures = "1 with + 0 without + 0 unsure + 0 no-face + 0 failed"
    assert summary_line(done, dry_run=False) == f"6 already sorted, 1 new = {figures}"
    assert (done.otherwise, done.kept, done.left) == (0, 0, [])
    assert sorted(tree(into)) == sorted([*WANTED, "with/new.jpg"])
    assert {path.name for path in read} == {"new.jpg"}  # Nothing else was read again.
    with open_log(into) as log:
        assert undo(log, into, NEXT_JOB).count == 1
    assert sorted(tree(into)) == sorted(WANTED)


@pytest.mark.parametrize("how", TransferMode)
def test_photos_in_place_are_recognized_by_their_content(
    how: TransferMode, photos: list[PhotoResult], into: Path
) -> None:
    run(photos, into, TransferMode.COPY)
    (into / SORT_LOG).unlink()
    (into / "with/with.jpg").write_bytes(JPEG + b"WITH.jpg")  # another photo of the same size
    for _ in range(2):
        done = run(photos, into, how)
        assert sorted(tree(into)) == sorted([*WANTED, "with/with (2).jpg"])
        assert done.left == []
    assert done.already_sorted == 6
    # What was there before is not undone.
    with open_log(into) as log:
        assert undo(log, into, JOB).count == 1
    assert sorted(tree(into)) == sorted(WANTED)


@pytest.mark.parametrize("how", TransferMode)
def test_equal_photos_of_equal_names_are_sorted_once(
    how: TransferMode, tmp_path: Path, into: Path
) -> None:
    for folder in ("one", "two", "three"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.jpg").write_bytes(JPEG + b"a" * (folder != "three"))
        (tmp_path / folder / "a.xmp").write_bytes(folder.encode())
    sources = [s for f in ("one", "two", "three") for s in walk([str(tmp_path / f)])]
    photos = [classified(s, 0.99) for s in sources if s.path.suffix == ".jpg"]
    dry = dry_run(photos, into, how)
    done = run(photos, into, how)
    assert dry == done
    is_move = how is TransferMode.MOVE
    assert (done.groups.total(), done.repeated, done.kept) == (2, 1, int(is_move))
    assert {"with/a.jpg", "with/a (2).jpg", "with/a (2).xmp"} < set(tree(into))
    # Nothing is deleted: the second photo and its companion stay, since moving adds no copy.
    assert (tmp_path / "two/a.jpg").exists()
    assert (tmp_path / "two/a.xmp").exists()


def test_a_photo_that_comes_back_to_its_folder_is_kept_there(
    photos: list[PhotoResult], into: Path, tmp_path: Path
) -> None:
    run(photos, into, TransferMode.MOVE)
    shutil.copy(into / "with/with.jpg", tmp_path / "collection/with.jpg")
    done = run(photos, into, TransferMode.MOVE, NEXT_JOB)
    assert (done.already_sorted, done.kept, done.left) == (6, 1, [])
    assert (tmp_path / "collection/with.jpg").exists()


def test_a_pipe_in_place_is_another_file(photos: list[PhotoResult], into: Path) -> None:
    (into / "with").mkdir(parents=True)
    os.mkfifo(into / "with/with.jpg")
    run(photos, into)
    assert (into / "with/with.jpg").is_fifo()
    assert (into / "with/with (2).jpg").exists()

"""Photos whose group has changed, for example by a correction, move to the other folder."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from glasses.protocol.photo_result import PhotoResult
from glasses.protocol.verdict import Correction, correct
from producer.sorting import TransferMode, undo
from producer.sorting.output import summary_line, undo_line
from producer.sorting.sort_log import open_log
from tests.support.sorting import JOB, JPEG, WANTED, contents, dry_run, run, tree

NEXT_JOB = "efgh6789"


def corrected(photos: list[PhotoResult]) -> list[PhotoResult]:
    """Return the photos with one correction: `with.jpg` is without glasses."""
    return [
        PhotoResult(photo.entry, correct(photo.verdict, Correction.NO_GLASSES))
        if photo.verdict.image == "album/with.jpg"
        else photo
        for photo in photos
    ]


@pytest.mark.parametrize("how", TransferMode)
@pytest.mark.parametrize("job", [JOB, NEXT_JOB])
def test_a_corrected_photo_moves_to_the_other_folder_with_its_companions(
    how: TransferMode, job: str, photos: list[PhotoResult], into: Path, tmp_path: Path
) -> None:
    before = dict(contents(photos))
    for name in ("with.xmp", "with.jpg.xmp"):
        (tmp_path / "collection/album" / name).write_bytes(name.encode())
    run(photos, into, how)
    (into / "with/album/with.xmp").write_bytes(b"edited since")
    dry = dry_run(corrected(photos), into, how, job)
    done = run(corrected(photos), into, how, job)
    assert done == dry
    assert (done.already_sorted, done.regrouped, done.corrected, done.companions) == (5, 1, 1, 0)
    assert summary_line(done, dry_run=False).startswith(
        "5 already sorted, 1 moved to another folder, 0 new = "
    )
    names = {"with.jpg", "with.xmp", "with.jpg.xmp"}
    expected = {*WANTED, *(f"without/album/{name}" for name in names)} - {"with/album/with.jpg"}
    assert set(tree(into)) == expected
    assert not (into / "with/album").exists()
    again = run(corrected(photos), into, how, job)
    assert (again.already_sorted, again.regrouped, set(tree(into))) == (6, 0, expected)
    back = run(photos, into, how, job)
    assert (back.regrouped, tree(into)["with/album/with.xmp"]) == (1, b"edited since")
    (into / "with/album/with.xmp").write_bytes(b"with.xmp")
    for each in (job, JOB):
        with open_log(into) as log:
            assert undo(log, into, each).left == []
    assert dict(contents(photos)) == before
    assert (tmp_path / "collection/album/with.xmp").exists()
    assert list(into.iterdir()) == []


def test_nothing_in_the_other_folder_is_overwritten(
    photos: list[PhotoResult], into: Path, tmp_path: Path
) -> None:
    (tmp_path / "collection/album/with.xmp").write_bytes(b"edits")
    run(photos, into)
    (into / "without/album").mkdir()
    (into / "without/album/with.xmp").write_bytes(b"mine")
    run(corrected(photos), into)
    assert tree(into)["without/album/with.xmp"] == b"mine"
    assert tree(into)["without/album/with (2).xmp"] == b"edits"
    assert tree(into)["without/album/with (2).jpg"] == JPEG + b"album/with.jpg"


def test_a_killed_run_goes_on(photos: list[PhotoResult], into: Path, tmp_path: Path) -> None:
    (tmp_path / "collection/album/with.xmp").write_bytes(b"edits")
    run(photos, into, TransferMode.MOVE)
    # It had moved the companion, and written down the photo.
    with open_log(into) as log:
        (photo,) = [e for e in log.entries if e.to == "with/album/with.jpg"]
        (companion,) = [e for e in log.entries if e.photo]
        new, new_companion = "without/album/with.jpg", "without/album/with.xmp"
        log.add(dataclasses.replace(companion, to=new_companion, photo=new, before=companion.to))
        (into / new_companion).parent.mkdir()
        (into / companion.to).rename(into / new_companion)
        log.add(dataclasses.replace(photo, to=new, before=photo.to))
    done = run(corrected(photos), into, TransferMode.MOVE)
    assert (done.regrouped, done.left) == (1, [])
    assert {new, new_companion} < set(tree(into))
    with open_log(into) as log:
        assert undo(log, into, JOB).left == []
    assert (tmp_path / "collection/album/with.xmp").exists()
    assert (tmp_path / "collection/album/with.jpg").exists()


@pytest.mark.parametrize("how", TransferMode)
def test_undoing_a_later_job_restores_what_an_earlier_one_had_sorted(
    how: TransferMode, photos: list[PhotoResult], into: Path, tmp_path: Path
) -> None:
    (tmp_path / "collection/album/with.xmp").write_bytes(b"edits")
    before = dict(contents(photos))
    run(photos, into, how)
    sorted_before = tree(into)
    # It moves to another group, back, and away again.
    for each in (corrected(photos), photos, corrected(photos)):
        run(each, into, how, NEXT_JOB)
    with open_log(into) as log:
        done = undo(log, into, NEXT_JOB)
    assert (done.count, done.returned, done.companions, done.left) == (1, 1, 1, [])
    assert undo_line(done) == (
        "1 undone (1 moved back to the folder of an earlier job); 1 companion"
    )
    assert tree(into) == sorted_before
    with open_log(into) as log:
        assert undo(log, into, JOB).left == []
    assert (dict(contents(photos)), list(into.iterdir())) == (before, [])


@pytest.mark.parametrize("how", TransferMode)
def test_jobs_can_be_undone_in_any_order(
    how: TransferMode, photos: list[PhotoResult], into: Path
) -> None:
    before = dict(contents(photos))
    run(photos, into, how)
    run(corrected(photos), into, how, NEXT_JOB)
    with open_log(into) as log:
        assert undo(log, into, JOB).count == 5
    assert set(tree(into)) == {"without/album/with.jpg"}
    with open_log(into) as log:
        assert (undo(log, into, NEXT_JOB).count, dict(contents(photos))) == (1, before)
    assert list(into.iterdir()) == []


def test_a_photo_cannot_return_to_a_name_that_is_taken(
    photos: list[PhotoResult], into: Path
) -> None:
    run(photos, into, TransferMode.MOVE)
    run(corrected(photos), into, TransferMode.MOVE, NEXT_JOB)
    taken = into / "with/album/with.jpg"
    taken.parent.mkdir(exist_ok=True)
    taken.write_bytes(b"mine")
    for _ in range(2):
        with open_log(into) as log:
            done = undo(log, into, NEXT_JOB)
        assert (done.count, done.left) == (
            0,
            [("without/album/with.jpg", f"another file is at {taken}")],
        )
    taken.unlink()
    with open_log(into) as log:
        assert undo(log, into, NEXT_JOB).returned == 1
    assert set(tree(into)) == set(WANTED)

"""Undo finds what a person moved within the sorted folder, and forgets nothing that it misses."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from glasses.protocol.photo_result import PhotoResult
from producer.sorting import TransferMode, UndoSummary, undo
from producer.sorting.output import undo_line
from producer.sorting.sort_log import open_log, read_log
from tests.support.sorting import JOB, JPEG, contents, run, tree


def undone(into: Path, job: str = JOB) -> UndoSummary:
    with open_log(into) as log:
        return undo(log, into, job)


def move(into: Path, *pairs: tuple[str, str]) -> None:
    for old, new in pairs:
        (into / new).parent.mkdir(parents=True, exist_ok=True)
        (into / old).rename(into / new)


@pytest.mark.parametrize("how", TransferMode)
def test_photos_that_were_moved_by_hand_return_with_their_companions(
    how: TransferMode, photos: list[PhotoResult], into: Path, tmp_path: Path
) -> None:
    for name in ("with.xmp", "with.jpg.xmp", "unsure.xmp"):
        (tmp_path / "collection" / name).write_bytes(name.encode())
    before, files = dict(contents(photos)), tree(tmp_path / "collection")
    run(photos, into, how)
    move(
        into,
        ("with/with.jpg", "without/new/with (2).jpg"),
        ("with/with.xmp", "without/new/with (2).xmp"),
        ("unsure/unsure.jpg", "with/unsure.jpg"),  # Its companion was forgotten.
    )
    done = undone(into)
    assert (done.count, done.companions, done.left, done.gone) == (6, 3, [], [])
    assert undo_line(done) == "6 undone; 3 companions"
    assert (dict(contents(photos)), tree(tmp_path / "collection")) == (before, files)
    assert list(into.iterdir()) == []


def test_a_moved_photo_that_is_not_found_stays_in_the_log(
    photos: list[PhotoResult], into: Path, tmp_path: Path
) -> None:
    (tmp_path / "collection/with.xmp").write_bytes(b"edits")
    before = dict(contents(photos))
    run(photos, into, TransferMode.MOVE)
    move(into, ("with/with.jpg", "../elsewhere.jpg"))
    # Another photo took its place in the collection.
    source = tmp_path / "collection/with.jpg"
    source.write_bytes(b"new")
    done = undone(into)
    assert (done.count, done.left) == (
        5,
        [
            ("with/with.jpg", f"missing, also in the other folders; it came from {source}"),
            ("with/with.xmp", "its photo was skipped"),
        ],
    )
    assert [entry.source for entry in read_log(into)] == [
        str(source), str(source.with_suffix(".xmp")),
    ]  # fmt: skip
    assert source.read_bytes() == b"new"
    source.unlink()
    move(into, ("../elsewhere.jpg", "without/with.jpg"))
    assert undone(into).left == []
    assert dict(contents(photos)) == before
    assert list(into.iterdir()) == []


def test_a_moved_companion_that_is_not_beside_its_photo_stays_in_the_log(
    photos: list[PhotoResult], into: Path, tmp_path: Path
) -> None:
    companion = tmp_path / "collection/with.xmp"
    companion.write_bytes(b"edits")
    run(photos, into, TransferMode.MOVE)
    move(into, ("with/with.xmp", "unsure/with.xmp"))
    done = undone(into)
    why = f"missing, also beside its photo; it came from {companion}"
    assert (done.count, done.left) == (6, [("with/with.xmp", why)])
    move(into, ("unsure/with.xmp", "with/with.xmp"))
    assert (undone(into).companions, companion.read_bytes()) == (1, b"edits")


def test_copies_that_are_gone_are_named_and_last_copies_are_kept(
    photos: list[PhotoResult], into: Path, tmp_path: Path
) -> None:
    run(photos, into)
    (into / "with/with.jpg").unlink()
    move(into, ("no-face/cat.jpg", "with/cat.jpg"))
    (tmp_path / "collection/cat.jpg").unlink()
    done = undone(into)
    assert (done.count, done.gone) == (4, ["with/with.jpg"])
    ((place, why),) = done.left
    assert (place, "the last copy" in why) == ("no-face/cat.jpg", True)
    assert tree(into) == {"with/cat.jpg": JPEG + b"cat.jpg"}
    assert [entry.to for entry in read_log(into)] == ["no-face/cat.jpg"]


@pytest.mark.parametrize("how", TransferMode)
def test_originals_in_a_folder_named_like_a_group_are_never_taken_for_sorted_photos(
    how: TransferMode, photos: list[PhotoResult], tmp_path: Path
) -> None:
    into = tmp_path
    (tmp_path / "collection").rename(tmp_path / "with")
    here = [
        PhotoResult(
            each.entry.model_copy(
                update={"path": str(tmp_path / "with" / os.path.basename(str(each.source())))}
            ),
            each.verdict,
        )
        for each in photos
        if "album" not in str(each.source())
    ]
    (tmp_path / "with/copy of cat.jpg").write_bytes(JPEG + b"cat.jpg")  # not of the job
    run(here, into, how)
    (into / "no-face/cat.jpg").unlink()
    done = undone(into)
    assert [place for place, _ in done.left] == ["no-face/cat.jpg"] * (how is TransferMode.MOVE)
    assert (tmp_path / "with/copy of cat.jpg").exists()
    assert (tmp_path / "with/unsure.jpg").exists()


def test_an_interrupted_undo_remembers_what_it_has_done(
    photos: list[PhotoResult], into: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = dict(contents(photos))
    run(photos, into, TransferMode.MOVE)
    unlink, calls = Path.unlink, []

    def interrupted(path: Path, missing_ok: bool = False) -> None:
        calls.append(path)
        if len(calls) == 3:
            raise KeyboardInterrupt
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", interrupted)
    with pytest.raises(KeyboardInterrupt):
        undone(into)
    monkeypatch.undo()
    assert len(read_log(into)) == 4
    assert undone(into).left == []
    assert dict(contents(photos)) == before

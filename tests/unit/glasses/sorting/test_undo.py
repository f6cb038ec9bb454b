"""Undoing a run: nothing that came or changed since is lost."""

from __future__ import annotations

import os
from pathlib import Path

from glasses.judged import Judged
from glasses.sorting import How, undo
from glasses.sorting.log import opened, peek
from tests.support.sorting import JOB, JPEG, run, tree


def test_undo_leaves_alone_what_became_a_pipe(
    photos: list[Judged], into: Path, tmp_path: Path
) -> None:
    run(photos, into)
    run(photos, tmp_path / "moved", How.MOVE)
    for path in (into / "with/with.jpg", tmp_path / "pile/cat.jpg"):
        path.unlink(missing_ok=True)
        os.mkfifo(path)
    with opened(into) as log:
        assert ("with/with.jpg", "is no regular file") in undo(log, into, JOB).left
    with opened(tmp_path / "moved") as log:
        why = dict(undo(log, tmp_path / "moved", JOB).left)["no-face/cat.jpg"]
    assert why == f"something else is at {tmp_path / 'pile/cat.jpg'} now"


def test_undo_leaves_alone_what_somebody_changed_or_what_is_the_last_copy(
    photos: list[Judged], into: Path, tmp_path: Path
) -> None:
    run(photos, into)
    (into / "with/with.jpg").write_bytes(b"edited")
    (tmp_path / "pile/cat.jpg").unlink()
    with opened(into) as log:
        undone = undo(log, into, JOB)
    assert undone.count == 4
    assert {place for place, _ in undone.left} == {"with/with.jpg", "no-face/cat.jpg"}
    assert tree(into) == {"no-face/cat.jpg": JPEG + b"cat.jpg", "with/with.jpg": b"edited"}
    assert {entry.to for entry in peek(into)} == {"with/with.jpg", "no-face/cat.jpg"}


def test_undone_move_does_not_overwrite_what_came_since(
    photos: list[Judged], into: Path, tmp_path: Path
) -> None:
    run(photos, into, How.MOVE)
    (tmp_path / "pile/with.jpg").write_bytes(b"new")
    with opened(into) as log:
        ((place, why),) = undo(log, into, JOB).left
    assert (place, "something else" in why) == ("with/with.jpg", True)
    assert (tmp_path / "pile/with.jpg").read_bytes() == b"new"
    assert (into / "with/with.jpg").exists()

"""Undoing a run loses nothing that was added or changed since."""

from __future__ import annotations

import os
from pathlib import Path

from glasses.protocol.photo_result import PhotoResult
from producer.sorting import TransferMode, undo
from producer.sorting.sort_log import open_log, read_log
from tests.support.sorting import JOB, JPEG, run, tree


def test_undo_skips_a_file_replaced_by_a_pipe(
    photos: list[PhotoResult], into: Path, tmp_path: Path
) -> None:
    run(photos, into)
    run(photos, tmp_path / "moved", TransferMode.MOVE)
    for path in (into / "with/with.jpg", tmp_path / "collection/cat.jpg"):
        path.unlink(missing_ok=True)
        os.mkfifo(path)
    with open_log(into) as log:
        assert ("with/with.jpg", "is not a regular file") in undo(log, into, JOB).left
    with open_log(tmp_path / "moved") as log:
        why = dict(undo(log, tmp_path / "moved", JOB).left)["no-face/cat.jpg"]
    assert why == f"another file is at {tmp_path / 'collection/cat.jpg'}"


def test_undo_skips_changed_files_and_last_copies(
    photos: list[PhotoResult], into: Path, tmp_path: Path
) -> None:
    run(photos, into)
    (into / "with/with.jpg").write_bytes(b"edited")
    (tmp_path / "collection/cat.jpg").unlink()
    with open_log(into) as log:
        undone = undo(log, into, JOB)
    assert undone.count == 4
    assert {place for place, _ in undone.left} == {"with/with.jpg", "no-face/cat.jpg"}
    assert tree(into) == {"no-face/cat.jpg": JPEG + b"cat.jpg", "with/with.jpg": b"edited"}
    assert {entry.to for entry in read_log(into)} == {"with/with.jpg", "no-face/cat.jpg"}


def test_undoing_a_move_does_not_overwrite_newer_files(
    photos: list[PhotoResult], into: Path, tmp_path: Path
) -> None:
    run(photos, into, TransferMode.MOVE)
    (tmp_path / "collection/with.jpg").write_bytes(b"new")
    with open_log(into) as log:
        ((place, why),) = undo(log, into, JOB).left
    assert (place, "another file" in why) == ("with/with.jpg", True)
    assert (tmp_path / "collection/with.jpg").read_bytes() == b"new"
    assert (into / "with/with.jpg").exists()

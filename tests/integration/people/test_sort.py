"""`glasses sort` as a user types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from glasses.client import Client
from glasses.settings import Settings
from glasses.workers import WorkerInfo, announce, withdraw
from tests.support.commands import glasses
from tests.support.judged import MODEL, face, judged_job, outcome

JPEG = b"\xff\xd8\xff"


@pytest.fixture
def pile(tmp_path: Path) -> Path:
    folder = tmp_path / "pile"
    (folder / "album").mkdir(parents=True)
    for name in ("a.jpg", "album/a.jpg", "b.jpg", "cat.jpg"):
        (folder / name).write_bytes(JPEG + name.encode())
    (folder / "empty.jpg").touch()
    return folder


OUTCOMES = {
    "a.jpg": outcome(face(0.98)),
    "album/a.jpg": outcome(face(0.01)),
    "b.jpg": outcome(face(0.5)),
    "cat.jpg": outcome(),
}


def test_job_is_sorted_told_and_taken_back(
    client: Client, settings: Settings, pile: Path, tmp_path: Path
) -> None:
    job = judged_job(client, pile, OUTCOMES).id
    arguments = ["sort", job[:5], "--into", str(tmp_path / "out")]
    dry = glasses(*arguments, "--dry-run", settings=settings)
    assert (dry.returncode, len(dry.stdout.splitlines())) == (0, 6)
    assert not (tmp_path / "out").exists()
    (pile / "b.jpg").unlink()
    moved = glasses(*arguments, "--move", "--json", settings=settings)
    assert moved.returncode == 1
    assert "left alone: b.jpg is gone" in moved.stderr
    facts = json.loads(moved.stdout)
    assert facts["sorted"] == {"with": 1, "without": 1, "unsure": 0, "no-face": 1, "failed": 1}
    assert facts["left_alone"] == [{"image": "b.jpg", "why": "is gone"}]
    assert (tmp_path / "out/without/album/a.jpg").read_bytes() == JPEG + b"album/a.jpg"
    # Undoing needs no servers: the job may have expired.
    undone = glasses(*arguments, "--undo", home=tmp_path)
    assert (undone.returncode, undone.stdout) == (0, "4 taken back\n")
    assert (pile / "album/a.jpg").exists()


def test_wrong_use_is_told_before_anything_happens(settings: Settings, tmp_path: Path) -> None:
    out = str(tmp_path / "out")
    for arguments in (
        ["--copy", "--move"],
        ["--unsure", "0.9,0.1"],
        ["--undo"],
    ):
        done = glasses("sort", "abc", "--into", out, *arguments, settings=settings)
        assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert not (tmp_path / "out").exists()
    nothing = glasses("sort", "abc", "--into", out, "--undo", settings=settings)
    assert f"{out} has nothing of 'abc' to take back" in nothing.stderr
    (tmp_path / "out").touch()
    file = glasses("sort", "abc", "--into", out, settings=settings)
    assert (file.returncode, file.stderr) == (2, f"glasses: --into: {out} is no folder\n")


def test_missing_folder_is_told_before_anything_happens(
    client: Client, settings: Settings, pile: Path, tmp_path: Path
) -> None:
    job = judged_job(client, pile, OUTCOMES).id
    none = str(tmp_path / "none")
    for words in (
        ["sort", job, "--into", str(tmp_path / "out"), "--from", none],
        ["report", job, "-o", str(tmp_path / "report.html"), "--from", none],
    ):
        done = glasses(*words, settings=settings)
        assert (done.returncode, done.stdout) == (2, "")
        assert f"--from: {none} does not exist" in done.stderr
    assert sorted(each.name for each in tmp_path.iterdir()) == ["pile"]


def test_archive_that_was_moved_is_told_in_one_line_and_leaves_nothing(
    client: Client, settings: Settings, pile: Path, tmp_path: Path
) -> None:
    job = judged_job(client, pile, OUTCOMES).id
    pile.rename(tmp_path / "moved")
    arguments = ["sort", job, "--into", str(tmp_path / "out"), "--json"]
    gone = glasses(*arguments, settings=settings)
    assert gone.returncode == 1
    assert gone.stderr == (
        "left alone: none of 5 photos is where they were submitted: name their folder with --from\n"
    )
    assert len(json.loads(gone.stdout)["left_alone"]) == 5
    assert not (tmp_path / "out").exists()
    found = glasses(*arguments, "--from", str(tmp_path / "moved"), settings=settings)
    assert found.returncode == 0, found.stderr


def test_not_more_than_ten_are_named(client: Client, settings: Settings, tmp_path: Path) -> None:
    pile = tmp_path / "pile"
    pile.mkdir()
    for number in range(13):
        (pile / f"{number:02}.jpg").write_bytes(JPEG + bytes([number]))
    job = judged_job(client, pile, {f"{number:02}.jpg": outcome() for number in range(13)}).id
    for number in range(12):
        (pile / f"{number:02}.jpg").unlink()
    done = glasses("sort", job, "--into", str(tmp_path / "out"), settings=settings)
    said = done.stderr.splitlines()
    assert [line for line in said if line.endswith("is gone")] == [
        f"left alone: {number:02}.jpg is gone" for number in range(10)
    ]
    assert said[10] == "and 2 more (--json has all)"


def test_file_found_twice_is_told_alike_dry_or_not(
    client: Client, settings: Settings, pile: Path, tmp_path: Path
) -> None:
    judged_job(client, pile, OUTCOMES)
    announced = WorkerInfo(
        worker_id="test:2", processes=1, model=MODEL, threshold=0.5, started=0, seen=0
    )
    announce(client.redis, announced)
    job = client.submit([pile, pile / "album"]).id
    withdraw(client.redis, announced.worker_id)
    words = ["sort", job, "--into", str(tmp_path / "out")]
    figures = "1 with + 1 without + 1 unsure + 1 no-face + 1 failed; 1 repeat of a file in the job"
    dry = glasses(*words, "--dry-run", settings=settings)
    assert dry.stdout.splitlines()[-1] == f"5 to sort = {figures}"
    assert glasses(*words, settings=settings).stdout == f"5 sorted = {figures}\n"


def test_other_options_than_before_are_told_to_change_nothing(
    client: Client, settings: Settings, pile: Path, tmp_path: Path
) -> None:
    job = judged_job(client, pile, OUTCOMES).id
    words = ["sort", job, "--into", str(tmp_path / "out")]
    for options, other in (([], 0), ([], 0), (["--symlink"], 5), (["--unsure", "0.5,0.5"], 1)):
        done = glasses(*words, *options, settings=settings)
        assert done.returncode == 0
        assert ("sorted before are so by other options" in done.stderr) == bool(other)
        assert done.stderr.startswith(f"{other} of those") or not other

"""`glasses sort` on the command line."""

from __future__ import annotations

import json
import re
import signal
from pathlib import Path

import pytest

from glasses.client import Client
from glasses.config.settings import Settings
from glasses.ledger.workers import WorkerInfo, announce, withdraw
from tests.support.classified_job import MODEL, face, outcome, submit_classified
from tests.support.commands import glasses, start_glasses
from tests.support.wait import wait_until

JPEG = b"\xff\xd8\xff"


@pytest.fixture
def collection(tmp_path: Path) -> Path:
    folder = tmp_path / "collection"
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


def test_job_is_sorted_and_undone(
    client: Client, settings: Settings, collection: Path, tmp_path: Path
) -> None:
    job = submit_classified(client, collection, OUTCOMES).id
    arguments = ["sort", job[:5], "--into", str(tmp_path / "out")]
    (collection / "album/a.xmp").write_bytes(b"edits")
    dry = glasses(*arguments, "--dry-run", settings=settings)
    assert (dry.returncode, len(dry.stdout.splitlines())) == (0, 7)
    assert f"{tmp_path}/out/without/album/a.xmp\n" in dry.stdout
    assert not (tmp_path / "out").exists()
    (collection / "b.jpg").unlink()
    moved = glasses(*arguments, "--move", "--json", settings=settings)
    assert moved.returncode == 1
    assert "skipped b.jpg: missing" in moved.stderr
    facts = json.loads(moved.stdout)
    assert facts["sorted"] == {"with": 1, "without": 1, "unsure": 0, "no-face": 1, "failed": 1}
    assert facts["skipped"] == [{"image": "b.jpg", "why": "missing"}]
    assert (facts["companions"], facts["separated"]) == (1, [])
    assert (tmp_path / "out/without/album/a.jpg").read_bytes() == JPEG + b"album/a.jpg"
    # Undoing needs no servers: the job may have expired.
    undone = glasses(*arguments, "--undo", home=tmp_path)
    assert (undone.returncode, undone.stdout) == (0, "4 undone; 1 companion\n")
    assert (collection / "album/a.jpg").exists()
    assert (collection / "album/a.xmp").exists()


def test_invalid_options_are_reported_before_any_work(settings: Settings, tmp_path: Path) -> None:
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
    assert f"nothing to undo: no job was sorted into {out}" in nothing.stderr
    (tmp_path / "out").touch()
    file = glasses("sort", "abc", "--into", out, settings=settings)
    assert (file.returncode, file.stderr) == (2, f"glasses: --into: {out} is not a directory\n")


def test_missing_folder_is_reported_before_any_work(
    client: Client, settings: Settings, collection: Path, tmp_path: Path
) -> None:
    job = submit_classified(client, collection, OUTCOMES).id
    none = str(tmp_path / "none")
    for words in (
        ["sort", job, "--into", str(tmp_path / "out"), "--from", none],
        ["report", job, "-o", str(tmp_path / "report.html"), "--from", none],
    ):
        done = glasses(*words, settings=settings)
        assert (done.returncode, done.stdout) == (2, "")
        assert f"--from: {none} does not exist" in done.stderr
    assert sorted(each.name for each in tmp_path.iterdir()) == ["collection"]


def test_moved_collection_is_reported_in_one_line_and_nothing_is_created(
    client: Client, settings: Settings, collection: Path, tmp_path: Path
) -> None:
    job = submit_classified(client, collection, OUTCOMES).id
    collection.rename(tmp_path / "moved")
    arguments = ["sort", job, "--into", str(tmp_path / "out"), "--json"]
    gone = glasses(*arguments, settings=settings)
    assert gone.returncode == 1
    assert gone.stderr == (
        "skipped 5 photos: none is at the submitted paths. Pass their folder with --from\n"
    )
    assert len(json.loads(gone.stdout)["skipped"]) == 5
    assert not (tmp_path / "out").exists()
    found = glasses(*arguments, "--from", str(tmp_path / "moved"), settings=settings)
    assert found.returncode == 0, found.stderr


def test_at_most_ten_skipped_photos_are_named(
    client: Client, settings: Settings, tmp_path: Path
) -> None:
    collection = tmp_path / "collection"
    collection.mkdir()
    for number in range(13):
        (collection / f"{number:02}.jpg").write_bytes(JPEG + bytes([number]))
    job = submit_classified(
        client, collection, {f"{number:02}.jpg": outcome() for number in range(13)}
    ).id
    for number in range(12):
        (collection / f"{number:02}.jpg").unlink()
    done = glasses("sort", job, "--into", str(tmp_path / "out"), settings=settings)
    said = done.stderr.splitlines()
    assert [line for line in said if line.endswith("missing")] == [
        f"skipped {number:02}.jpg: missing" for number in range(10)
    ]
    assert said[10] == "and 2 more (--json lists all)"


def test_file_found_twice_is_counted_the_same_in_a_dry_run(
    client: Client, settings: Settings, collection: Path, tmp_path: Path
) -> None:
    submit_classified(client, collection, OUTCOMES)
    announced = WorkerInfo(
        worker_id="test:2", processes=1, model=MODEL, threshold=0.5, started=0, seen=0
    )
    announce(client.redis, announced)
    job = client.submit([collection, collection / "album"]).id
    withdraw(client.redis, announced.worker_id)
    words = ["sort", job, "--into", str(tmp_path / "out")]
    figures = "1 with + 1 without + 1 unsure + 1 no-face + 1 failed; 1 repeated file"
    dry = glasses(*words, "--dry-run", settings=settings)
    assert dry.stdout.splitlines()[-1] == f"5 to sort = {figures}"
    assert glasses(*words, settings=settings).stdout == f"5 sorted = {figures}\n"


def test_repeated_sort_moves_to_new_groups_but_keeps_the_mode(
    client: Client, settings: Settings, collection: Path, tmp_path: Path
) -> None:
    job = submit_classified(client, collection, OUTCOMES).id
    words = ["sort", job, "--into", str(tmp_path / "out")]
    for options, moved, other in (
        ([], 0, 0), ([], 0, 0), (["--symlink"], 0, 5), (["--unsure", "0.5,0.5"], 1, 0),
    ):  # fmt: skip
        done = glasses(*words, *options, settings=settings)
        assert done.returncode == 0
        assert ("already sorted with other options" in done.stderr) == bool(other)
        assert done.stderr.startswith(f"{other} already") or not other
        assert ("already sorted, 1 moved to another folder, 0 new" in done.stdout) == bool(moved)
    assert (tmp_path / "out/with/b.jpg").exists()


def test_interrupted_sort_continues_or_is_undone(
    client: Client, settings: Settings, tmp_path: Path
) -> None:
    collection, out = tmp_path / "collection", tmp_path / "out"
    collection.mkdir()
    names = [f"{number:04}.jpg" for number in range(1500)]
    for name in names:
        (collection / name).write_bytes(JPEG + name.encode())
    job = submit_classified(client, collection, dict.fromkeys(names, outcome())).id
    words = ["sort", job, "--into", str(out)]
    running = start_glasses(*words, settings=settings)
    wait_until(lambda: len(list(out.glob("no-face/*.jpg"))) > 20)
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=30)
    assert running.returncode == 130
    count = len(list(out.glob("no-face/*.jpg")))
    assert 20 < count < len(names)
    assert re.search(
        rf"^({count}|{count - 1}) photos sorted so far\. Run the same command again to continue\.$",
        said,
        re.MULTILINE,
    )
    assert f"`{' '.join(['glasses', *words])} --undo` undoes this." in said
    undone = glasses(*words, "--undo", settings=settings)
    assert (undone.stdout, list(out.iterdir())) == (f"{count} undone\n", [])


def test_only_photos_of_a_kind_are_sorted_and_listed(
    client: Client, settings: Settings, collection: Path, tmp_path: Path
) -> None:
    job = submit_classified(client, collection, OUTCOMES).id
    for only, names in (("unsure", ["b.jpg"]), ("no-glasses", ["album/a.jpg"])):
        listed = glasses("results", job, "--only", only, settings=settings).stdout
        assert [json.loads(line)["image"] for line in listed.splitlines()] == names
        out = tmp_path / only
        glasses("sort", job, "--into", str(out), "--only", only, settings=settings)
        assert [path.name for path in out.rglob("*.jpg")] == [Path(name).name for name in names]


def test_corrected_photos_are_listed_and_sorted_by_their_correction(
    client: Client, settings: Settings, collection: Path, tmp_path: Path
) -> None:
    job = submit_classified(client, collection, OUTCOMES).id
    file = tmp_path / "corrections.csv"
    file.write_text(f"name,correction,sha256,job\nb.jpg,1,,{job}\ncat.jpg,1,,\nx.jpg,0,,\n")
    corrections = ["--corrections", str(file)]
    listed = glasses("results", job, "--only", "glasses", *corrections, settings=settings)
    rows = [json.loads(line) for line in listed.stdout.splitlines()]
    assert [(row["image"], row["glasses"], row["status"], row["correction"]) for row in rows] == [
        ("a.jpg", True, "classified", None),
        ("b.jpg", True, "classified", "1"),
        ("cat.jpg", True, "no_face", "1"),
    ]
    unused = "correction of x.jpg matches no photo of this job\n"
    assert unused in listed.stderr
    out = tmp_path / "out"
    done = glasses("sort", job, "--into", str(out), *corrections, settings=settings)
    assert done.stdout == (
        "5 sorted = 3 with + 1 without + 0 unsure + 0 no-face + 1 failed; 2 corrected\n"
    )
    assert unused in done.stderr
    assert (out / "with/cat.jpg").exists()


def test_undo_finds_photos_that_were_moved_by_hand_or_names_them(
    client: Client, settings: Settings, collection: Path, tmp_path: Path
) -> None:
    job = submit_classified(client, collection, OUTCOMES).id
    out = tmp_path / "my sorted"
    words = ["sort", job, "--into", str(out)]
    moved = glasses(*words, "--move", settings=settings)
    assert f"`glasses sort {job} --into '{out}' --undo` undoes this.\n" in moved.stderr
    (out / "with/a.jpg").rename(out / "without/a.jpg")
    (out / "unsure/b.jpg").rename(tmp_path / "b.jpg")
    undone = glasses(*words, "--undo", settings=settings)
    assert (undone.returncode, undone.stdout) == (1, "4 undone; 1 skipped\n")
    missing = f"missing, also in the other folders; it came from {collection}/b.jpg"
    assert undone.stderr == f"skipped unsure/b.jpg: {missing}\n"
    assert (collection / "a.jpg").read_bytes() == JPEG + b"a.jpg"
    (out / "with").mkdir()
    (tmp_path / "b.jpg").rename(out / "with/b.jpg")
    done = glasses(*words, "--undo", "--json", settings=settings)
    facts = json.loads(done.stdout)
    assert (done.returncode, facts["undone"], facts["skipped"], facts["gone"]) == (0, 1, [], [])
    assert (collection / "b.jpg").exists()
    assert list(out.iterdir()) == []

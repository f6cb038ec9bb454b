"""`glasses watch-folder`: what arrives gets its row, once."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from glasses.client import Client
from glasses.settings import Settings
from tests.support.commands import glasses
from tests.support.waiting import wait_until
from tests.support.watching import Watching, stop
from tests.support.workers import Worker

StartWorker = Callable[..., Worker]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "in"
    made.mkdir()
    return made


@pytest.fixture
def watching(settings: Settings, folder: Path, tmp_path: Path) -> Watching:
    return Watching(settings, folder, tmp_path / "rows.jsonl")


@pytest.fixture
def photo(demo_photos: Path) -> bytes:
    return (demo_photos / "collins.jpg").read_bytes()


def nothing_stands(client: Client) -> bool:
    """Neither in Redis nor in the object store."""
    ours = [key for key in client.redis.scan_iter() if key.startswith("glasses:")]
    allowed = ("glasses:worker", "glasses:begun", "glasses:lock:reconcil", "glasses:jobs")
    left = [key for key in ours if not key.startswith(allowed)]
    assert left == []
    return list(client.store.keys("")) == [] and client.jobs() == []


@pytest.mark.parametrize("format_", ["jsonl", "csv"])
def test_its_rows_are_those_of_results(
    format_: str,
    settings: Settings,
    client: Client,
    start_worker: StartWorker,
    demo_photos: Path,
    tmp_path: Path,
) -> None:
    start_worker()
    odd = shutil.copytree(demo_photos, tmp_path / "in")
    for name in (b"new\nline.jpg", b"new\\nline.jpg", b"not-utf-8-\xff.jpg", b"=1+1.jpg"):
        with open(os.fsencode(odd) + b"/" + name, "wb") as file:
            file.write((demo_photos / "hopper.jpg").read_bytes() + name)
    watching = Watching(settings, odd, tmp_path / f"rows.{format_}")
    assert "3 failed" in watching.once(code=1)
    assert nothing_stands(client)
    job = client.submit([odd])
    job.wait(60)
    results = glasses("results", job.id, "--format", format_, settings=settings).stdout
    assert watching.output.read_text("utf-8") == results
    assert "0 rows" in watching.once()
    assert watching.output.read_text("utf-8") == results
    job.remove()


def test_what_arrives_is_judged_until_it_is_interrupted(
    client: Client, watching: Watching, start_worker: StartWorker, photo: bytes
) -> None:
    start_worker()
    process = watching.start()
    assert process.stderr is not None
    lines = iter(process.stderr.readline, "")
    for number in range(3):
        place = watching.folder / f"album {number}"
        place.mkdir()
        (place / "a.jpg").write_bytes(photo + b"%d" % number)
        wait_until(lambda: watching.written() == watching.there())
        assert any(line.endswith(" more\n") for line in lines), "a row is told once it is counted"
    said = stop(process, signal.SIGINT)
    assert process.returncode == 130
    assert "stopped: 3 rows (0 with glasses, 0 failed) written, 0 photos wait" in said
    assert "The same command goes on." in said
    assert "Traceback" not in said
    watching.once()
    assert watching.written() == watching.there()
    assert nothing_stands(client)


def test_one_run_tells_its_rows_once(
    watching: Watching, start_worker: StartWorker, photo: bytes
) -> None:
    start_worker()
    (watching.folder / "a.jpg").write_bytes(photo)
    said = watching.once()
    assert said == f"1 row (0 with glasses, 0 failed) written to {watching.output}\n"


def test_unfinished_files_wait_until_they_have_their_name(
    watching: Watching, start_worker: StartWorker, photo: bytes
) -> None:
    start_worker()
    names = ("a.jpg.part", "b.jpg.crdownload", "c.jpg~", "~d.jpg", ".e.jpg", "f.TMP")
    for name in names:
        (watching.folder / name).write_bytes(photo + name.encode())
    watching.once()
    assert watching.rows() == []
    (watching.folder / "a.jpg.part").rename(watching.folder / "a.jpg")
    watching.once()
    assert [row["image"] for row in watching.rows()] == ["a.jpg"]


def test_a_changed_photo_gets_a_new_row_and_a_touched_one_does_not(
    watching: Watching, start_worker: StartWorker, photo: bytes
) -> None:
    """An upload that stalled for longer than it may is such a photo, too."""
    worker = start_worker()
    place = watching.folder / "a.jpg"
    place.write_bytes(photo[: len(photo) // 2])
    process = watching.start()
    wait_until(lambda: len(watching.rows()) == 1)
    with place.open("ab") as file:
        file.write(photo[len(photo) // 2 :])
    wait_until(lambda: len(watching.rows()) == 2)
    stop(process)
    worker.stop()  # what needs no new row needs no worker
    os.utime(place, ns=(1, 1))
    watching.once()
    place.write_bytes(photo[: len(photo) // 2])
    watching.once()
    assert [(row["image"], row["status"]) for row in watching.rows()] == [
        ("a.jpg", "failed"),
        ("a.jpg", "classified"),
    ]
    (watching.folder / "film.jpg").write_bytes(b"no photo")
    watching.once(code=1)
    os.utime(watching.folder / "film.jpg", ns=(1, 1))
    watching.once()
    assert len(watching.rows()) == 3


def test_the_output_may_lie_in_the_folder(
    watching: Watching, start_worker: StartWorker, photo: bytes
) -> None:
    start_worker()
    watching.output = watching.folder / "rows.csv"
    (watching.folder / "a.jpg").write_bytes(photo)
    for _ in range(2):
        watching.once()
        assert [row["image"] for row in watching.rows()] == ["a.jpg"]


def test_a_job_that_somebody_cancels_or_removes_is_sent_again(
    client: Client, watching: Watching, start_worker: StartWorker, photo: bytes
) -> None:
    for number in range(2):
        (watching.folder / f"{number}.jpg").write_bytes(photo + b"%d" % number)
    process = watching.start()
    jobs: list[str] = []
    for end in (lambda job: job.cancel(), lambda job: job.remove()):
        wait_until(lambda: [job for job in client.jobs() if not (jobs and job.job_id in jobs)])
        wait_until(lambda: client.jobs()[0].submitted == 2)
        jobs.append(client.jobs()[0].job_id)
        end(client.job(jobs[-1]))
    start_worker()
    wait_until(lambda: watching.written() == watching.there())
    assert f"job {jobs[1]} is gone from the servers: its photos are sent again" in stop(process)


def test_it_says_that_no_worker_runs(watching: Watching, photo: bytes) -> None:
    (watching.folder / "a.jpg").write_bytes(photo)
    process = watching.start()
    assert process.stderr is not None
    lines = iter(process.stderr.readline, "")
    assert any("no worker runs: start some" in line for line in lines)
    said = stop(process, signal.SIGINT)
    assert "1 photos wait for their verdicts" in said


def test_wrong_use_is_told(watching: Watching, settings: Settings, photo: bytes) -> None:
    (watching.folder / "a.jpg").write_bytes(photo)
    first = watching.start()
    state = watching.output.with_name("rows.jsonl.state")
    wait_until(state.exists)
    wait_until(lambda: state.stat().st_size > 0)
    assert "another run is using" in watching.once(code=2)
    stop(first)
    other = Watching(settings, watching.folder.parent, watching.output)
    assert "name another output file for this one" in other.once(code=2)
    watching.output.write_text("{}\n")
    assert "something else changed it" in watching.once(code=2)
    watching.output = watching.output.with_suffix(".xlsx")
    assert "name a file that ends in .jsonl or .csv" in watching.once(code=2)
    watching.output = watching.folder / "none" / "rows.csv"
    assert "cannot be written: No such file or directory" in watching.once(code=2)
    watching.folder = watching.folder / "none"
    assert "is no folder" in watching.once(code=2)


def test_in_place_nothing_is_uploaded_and_what_goes_or_changes_is_new(
    watching: Watching, client: Client, start_worker: StartWorker, photo: bytes, folder: Path
) -> None:
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        (folder / name).write_bytes(photo + name.encode())
    with watching.start("--in-place") as process:
        wait_until(lambda: [s.submitted for s in client.jobs()] == [3])
        assert not [key for key in client.store.keys("") if not key.startswith("jobs/")]
        (folder / "a.jpg").unlink()
        (folder / "b.jpg").write_bytes(photo)
        start_worker(read_folders=str(folder))
        wait_until(lambda: len(watching.rows()) == 2)
        stop(process)
    assert {(r["image"], r["status"]) for r in watching.rows()} == {
        ("b.jpg", "classified"),
        ("c.jpg", "classified"),
    }


def test_in_place_a_worker_that_does_not_read_there_is_named(
    watching: Watching, start_worker: StartWorker, folder: Path
) -> None:
    start_worker()
    assert "does not read" in watching.once("--in-place", code=2)
    assert list(folder.parent.glob("rows*")) == []


def test_in_place_what_a_wrong_worker_took_is_sent_again_once_all_read_there(
    watching: Watching, client: Client, start_worker: StartWorker, photo: bytes, folder: Path
) -> None:
    (folder / "a.jpg").write_bytes(photo)
    outside = folder.parent / "outside.jpg"
    outside.write_bytes(photo + b"2")
    (folder / "link.jpg").symlink_to(outside)
    with watching.start("--in-place") as process:
        wait_until(lambda: [s.submitted for s in client.jobs()] == [2])
        wrong = start_worker(read_folders=str(folder.parent / "elsewhere"))
        wait_until(lambda: len(watching.rows()) == 1)
        assert watching.rows()[0]["image"] == "link.jpg", "which no worker of that folder reads"
        time.sleep(2)  # it looks again, and sees that this worker does not read there
        assert client.jobs() == []
        wrong.stop()
        start_worker(read_folders=str(folder))
        wait_until(lambda: len(watching.rows()) == 2)
        assert "does not read" in stop(process)
    row = watching.rows()[1]
    assert (row["image"], row["status"]) == ("a.jpg", "classified")


def test_in_place_a_file_that_no_worker_could_open_has_another_row_when_one_can(
    watching: Watching, start_worker: StartWorker, photo: bytes, folder: Path
) -> None:
    path = folder / "a.jpg"
    path.write_bytes(photo)
    start_worker(read_folders=str(folder))
    outside = folder.parent / "outside.jpg"
    outside.write_bytes(photo)
    path.unlink()
    path.symlink_to(outside)
    watching.once("--in-place", code=1)
    path.unlink()
    path.write_bytes(photo)
    watching.once("--in-place")
    assert [row["status"] for row in watching.rows()] == ["failed", "classified"]

"""`glasses watch-folder` writes one row for each photo that arrives."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from glasses.client import Client
from glasses.config.settings import Settings
from tests.support.commands import glasses
from tests.support.leftovers import stored_keys
from tests.support.wait import wait_until
from tests.support.watching import Watching, no_jobs_left, stop
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


@pytest.mark.parametrize("format_", ["jsonl", "csv"])
def test_rows_equal_those_of_results(
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
    assert "2 failed" in watching.run_once(code=1)
    assert no_jobs_left(client)
    job = client.submit([odd])
    job.wait(60)
    results = glasses("results", job.id, "--format", format_, settings=settings).stdout
    assert watching.output.read_text("utf-8") == results
    assert "0 rows" in watching.run_once()
    assert watching.output.read_text("utf-8") == results
    job.remove()


def test_files_that_are_not_photos_are_ignored_and_counted_once(watching: Watching) -> None:
    (watching.folder / "a.xmp").write_bytes(b"no photo")
    (watching.folder / "film.mov").write_bytes(b"no photo")
    said = watching.run_once()
    assert "0 rows (0 with glasses, 0 failed) written" in said
    assert "2 other files ignored: 1 mov, 1 xmp\n" in said
    assert "ignored" not in watching.run_once()
    (watching.folder / "page.jpg").write_bytes(b"no photo")
    assert "1 row (0 with glasses, 1 failed) written" in watching.run_once(code=1)
    assert [(row["image"], row["reason"]) for row in watching.rows()] == [
        ("page.jpg", "not_an_image")
    ]
    watching.run_once("--strict", code=1)
    assert [(row["image"], row["reason"]) for row in watching.rows()] == [
        ("page.jpg", "not_an_image"), ("a.xmp", "not_an_image"), ("film.mov", "not_an_image"),
    ]  # fmt: skip


def test_new_photos_are_classified_until_it_is_interrupted(
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
        wait_until(lambda: watching.written() == watching.present())
        assert any(line.endswith(" more\n") for line in lines), "a row is told once it is counted"
    said = stop(process, signal.SIGINT)
    assert process.returncode == 130
    assert "stopped: 3 rows (0 with glasses, 0 failed) written, 0 photos pending" in said
    assert "Run the same command to continue." in said
    assert "Traceback" not in said
    watching.run_once()
    assert watching.written() == watching.present()
    assert no_jobs_left(client)


def test_one_run_writes_each_row_once(
    watching: Watching, start_worker: StartWorker, photo: bytes
) -> None:
    start_worker()
    (watching.folder / "a.jpg").write_bytes(photo)
    said = watching.run_once()
    assert said == f"1 row (0 with glasses, 0 failed) written to {watching.output}\n"


def test_unfinished_files_wait_until_they_are_renamed(
    watching: Watching, start_worker: StartWorker, photo: bytes
) -> None:
    start_worker()
    names = ("a.jpg.part", "b.jpg.crdownload", "c.jpg~", "~d.jpg", ".e.jpg", "f.TMP")
    for name in names:
        (watching.folder / name).write_bytes(photo + name.encode())
    watching.run_once()
    assert watching.rows() == []
    (watching.folder / "a.jpg.part").rename(watching.folder / "a.jpg")
    watching.run_once()
    assert [row["image"] for row in watching.rows()] == ["a.jpg"]


def test_a_changed_photo_gets_a_new_row_and_a_touched_one_does_not(
    watching: Watching, client: Client, start_worker: StartWorker, photo: bytes
) -> None:
    """This includes an upload that stalled for longer than the quiet period."""
    worker = start_worker()
    place = watching.folder / "a.jpg"
    place.write_bytes(photo[: len(photo) // 2])
    process = watching.start()
    wait_until(lambda: len(watching.rows()) == 1)
    with place.open("ab") as file:
        file.write(photo[len(photo) // 2 :])
    wait_until(lambda: len(watching.rows()) == 2)
    wait_until(lambda: not stored_keys(client))
    stop(process)
    worker.stop()  # what needs no new row needs no worker
    os.utime(place, ns=(1, 1))
    watching.run_once()
    place.write_bytes(photo[: len(photo) // 2])
    watching.run_once()
    assert [(row["image"], row["status"]) for row in watching.rows()] == [
        ("a.jpg", "failed"),
        ("a.jpg", "classified"),
    ]
    (watching.folder / "film.jpg").write_bytes(b"no photo")
    watching.run_once(code=1)
    os.utime(watching.folder / "film.jpg", ns=(1, 1))
    watching.run_once()
    assert len(watching.rows()) == 3


def test_the_output_may_be_in_the_watched_folder(
    watching: Watching, start_worker: StartWorker, photo: bytes
) -> None:
    start_worker()
    watching.output = watching.folder / "rows.csv"
    (watching.folder / "a.jpg").write_bytes(photo)
    for _ in range(2):
        watching.run_once()
        assert [row["image"] for row in watching.rows()] == ["a.jpg"]


def test_a_cancelled_or_removed_job_is_submitted_again(
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
    wait_until(lambda: watching.written() == watching.present())
    wait_until(lambda: not client.jobs() and not stored_keys(client))
    assert f"job {jobs[1]} is missing on the servers: its photos are submitted again" in stop(
        process
    )


def test_a_photo_whose_uploaded_copy_was_lost_is_uploaded_again(
    client: Client, watching: Watching, start_worker: StartWorker, photo: bytes
) -> None:
    (watching.folder / "a.jpg").write_bytes(photo)
    process = watching.start()
    wait_until(lambda: [job for job in client.jobs() if job.submitted == 1])
    client.store.delete([key for key in stored_keys(client) if not key.startswith("jobs/")])
    start_worker()
    wait_until(lambda: bool(watching.rows()))
    assert [row["status"] for row in watching.rows()] == ["classified"]
    wait_until(lambda: not list(client.store.keys("jobs/")))  # a kill would interrupt the removal
    assert "a.jpg: uploaded again after it failed as vanished" in stop(process)


def test_another_threshold_is_for_new_photos_and_says_so(watching: Watching) -> None:
    watching.run_once("--threshold", "0.9")
    told = watching.run_once()
    assert "rows written so far are by threshold 0.9 and --faces any, and stay; new" in told
    assert "written so far" not in watching.run_once()


def test_missing_workers_are_reported(watching: Watching, photo: bytes) -> None:
    (watching.folder / "a.jpg").write_bytes(photo)
    process = watching.start()
    assert process.stderr is not None
    lines = iter(process.stderr.readline, "")
    assert any("no worker is running: start some" in line for line in lines)
    said = stop(process, signal.SIGINT)
    assert "1 photo pending" in said


def test_invalid_options_are_reported(watching: Watching, settings: Settings, photo: bytes) -> None:
    (watching.folder / "a.jpg").write_bytes(photo)
    first = watching.start()
    state = watching.output.with_name("rows.jsonl.state")
    wait_until(state.exists)
    wait_until(lambda: state.stat().st_size > 0)
    assert "another run is using" in watching.run_once(code=2)
    stop(first)
    other = Watching(settings, watching.folder.parent, watching.output)
    assert "use another output file for this one" in other.run_once(code=2)
    watching.output.write_text("{}\n")
    assert "something else changed it" in watching.run_once(code=2)
    watching.output = watching.output.with_suffix(".xlsx")
    assert "the file name must end in .jsonl or .csv" in watching.run_once(code=2)
    watching.output = watching.folder / "none" / "rows.csv"
    assert "cannot be written: No such file or directory" in watching.run_once(code=2)
    watching.folder = watching.folder / "none"
    assert "is not a directory" in watching.run_once(code=2)


def test_in_place_nothing_is_uploaded_and_a_changed_photo_is_new(
    watching: Watching, client: Client, start_worker: StartWorker, photo: bytes, folder: Path
) -> None:
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        (folder / name).write_bytes(photo + name.encode())
    with watching.start("--in-place") as process:
        wait_until(lambda: [s.submitted for s in client.jobs()] == [3])
        assert not [key for key in stored_keys(client) if not key.startswith("jobs/")]
        (folder / "a.jpg").unlink()
        (folder / "b.jpg").write_bytes(photo)
        start_worker(read_folders=str(folder))
        wait_until(lambda: len(watching.rows()) == 2)
        wait_until(lambda: not stored_keys(client))  # the job's removal is complete
        stop(process)
    assert {(r["image"], r["status"]) for r in watching.rows()} == {
        ("b.jpg", "classified"),
        ("c.jpg", "classified"),
    }


def test_in_place_a_worker_without_access_is_named(
    watching: Watching, start_worker: StartWorker, folder: Path
) -> None:
    start_worker()
    assert "does not read" in watching.run_once("--in-place", code=2)
    assert list(folder.parent.glob("rows*")) == []


def test_in_place_photos_are_submitted_again_once_all_workers_have_access(
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
        assert process.stderr
        assert any("does not read" in line for line in process.stderr), "it checks again"
        assert client.jobs() == []
        wrong.stop()
        start_worker(read_folders=str(folder))
        wait_until(lambda: len(watching.rows()) == 2)
        wait_until(lambda: not stored_keys(client))
        stop(process)
    row = watching.rows()[1]
    assert (row["image"], row["status"]) == ("a.jpg", "classified")


def test_in_place_an_unreadable_file_has_another_row_once_it_is_readable(
    watching: Watching, start_worker: StartWorker, photo: bytes, folder: Path
) -> None:
    path = folder / "a.jpg"
    path.write_bytes(photo)
    start_worker(read_folders=str(folder))
    outside = folder.parent / "outside.jpg"
    outside.write_bytes(photo)
    path.unlink()
    path.symlink_to(outside)
    watching.run_once("--in-place", code=1)
    path.unlink()
    path.write_bytes(photo)
    watching.run_once("--in-place")
    assert [row["status"] for row in watching.rows()] == ["failed", "classified"]

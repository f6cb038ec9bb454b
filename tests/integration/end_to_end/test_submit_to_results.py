"""Photos in, verdicts out: client, servers and workers, all real."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from glasses.chunks import chunks
from glasses.client import Client, Job
from glasses.errors import UsageError, WaitTimeoutError
from glasses.schemas import JobStatus, ManifestEntry
from glasses.settings import Settings
from glasses.statuses import JobState
from infra.local.workers import environment
from tests.support.photos import photos
from tests.support.stored import lose, stored
from tests.support.workers import Worker

StartWorker = Callable[..., Worker]
GLASSES = [sys.executable, "-m", "producer"]


def run(settings: Settings, *arguments: str, code: int = 0) -> str:
    done = subprocess.run(
        [*GLASSES, *arguments],
        env=os.environ | environment(settings),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == code, done.stderr
    return done.stdout


def rows(output: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in output.splitlines()]


def identity_holds(status: JobStatus) -> bool:
    ended = status.classified + status.no_face + status.failed + status.cancelled
    return status.submitted == ended + status.pending


def test_every_demo_photo_is_judged_as_expected_with_and_without_servers(
    settings: Settings, start_worker: StartWorker, demo_photos: Path
) -> None:
    start_worker()
    job = run(settings, "submit", str(demo_photos), "--wait", code=1).strip()
    submitted = run(settings, "results", job, "--format", "jsonl", code=1)
    in_process = run(settings, "classify", str(demo_photos), "--format", "jsonl", code=1)
    assert submitted == in_process
    with open(demo_photos.parent / "expected.csv", encoding="utf-8", newline="") as file:
        expected = {row["image"]: row["expected"] for row in csv.DictReader(file)}
    words = {True: "glasses", False: "no-glasses"}
    found = {
        str(row["image"]): words[bool(row["glasses"])]
        if row["status"] == "classified"
        else str(row["status"]).replace("_", "-")
        for row in rows(submitted)
    }
    assert found == expected


def test_followed_rows_are_the_same_as_those_read_at_the_end(
    settings: Settings, start_worker: StartWorker, demo_photos: Path
) -> None:
    job = run(settings, "submit", str(demo_photos), "--detach").strip()
    start_worker(chunk_size=4)
    followed = run(settings, "results", job, "--follow", "--format", "jsonl", code=1)
    at_the_end = run(settings, "results", job, "--format", "jsonl", code=1)
    assert sorted(followed.splitlines()) == sorted(at_the_end.splitlines())
    assert len(followed.splitlines()) == 23


def test_csv_has_a_row_a_photo_and_only_filters(
    settings: Settings, start_worker: StartWorker, demo_photos: Path
) -> None:
    start_worker()
    job = run(settings, "submit", str(demo_photos), "--wait", code=1).strip()
    table = list(
        csv.DictReader(run(settings, "results", job, "--format", "csv", code=1).splitlines())
    )
    assert len(table) == 23
    failed = run(settings, "results", job[:5], "--format", "jsonl", "--only", "failed", code=1)
    assert {row["reason"] for row in rows(failed)} == {"empty", "corrupt", "not_an_image"}


def test_the_same_bytes_are_not_paid_for_twice(
    client: Client, start_worker: StartWorker, demo_photos: Path
) -> None:
    start_worker()
    seen = []
    for _ in range(2):
        job = client.submit([demo_photos], on_progress=seen.append)
        job.wait(60)
    assert seen[-1].uploaded == 0
    assert seen[-1].known == 21
    first, second = (client.job(s.job_id) for s in client.jobs())
    assert list(first.verdicts()) == list(second.verdicts())


def test_two_names_of_the_same_bytes_have_a_verdict_each(
    client: Client, start_worker: StartWorker, demo_photos: Path, tmp_path: Path
) -> None:
    data = (demo_photos / "hopper.jpg").read_bytes()
    for name in ("a.jpg", "b.png", "c"):
        (tmp_path / "in" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "in" / name).write_bytes(data)
    start_worker()
    job = client.submit([tmp_path / "in"])
    assert job.wait(60).classified == 3
    assert [verdict.image for verdict in job.verdicts()] == ["a.jpg", "b.png", "c"]
    assert len(stored(client)) == 1


def test_a_photo_that_vanished_from_the_store_fails_alone_and_is_sent_again_next_time(
    client: Client, start_worker: StartWorker, demo_photos: Path
) -> None:
    job = client.submit([demo_photos / "hopper.jpg", demo_photos / "collins.jpg"])
    lose(client, next(iter(stored(client))))
    start_worker()
    status = job.wait(60)
    assert (status.classified, status.failed) == (1, 1)
    assert {verdict.reason for verdict in job.verdicts()} == {None, "vanished"}
    again = client.submit([demo_photos / "hopper.jpg", demo_photos / "collins.jpg"])
    assert again.wait(60).classified == 2


def test_removing_a_job_keeps_the_photos_that_another_one_needs(
    client: Client, start_worker: StartWorker, demo_photos: Path
) -> None:
    start_worker()
    both = client.submit([demo_photos / "hopper.jpg", demo_photos / "collins.jpg"])
    one = client.submit([demo_photos / "hopper.jpg"])
    both.wait(60)
    one.wait(60)
    assert both.remove() == 1
    assert len(stored(client)) == 1
    assert one.remove() == 1
    assert list(client.store.keys("")) == []
    assert client.jobs() == []
    with pytest.raises(UsageError, match="no job"):
        client.job(one.id)


def test_a_cancelled_job_keeps_the_identity(client: Client, demo_photos: Path) -> None:
    job = client.submit([demo_photos])
    with pytest.raises(WaitTimeoutError):
        job.wait(0.1)
    status = job.cancel()
    assert status.state is JobState.CANCELLED
    assert (status.failed, status.cancelled) == (2, 21)
    assert identity_holds(status)


def killed_in_the_middle(job: Job, worker: Worker, kill: Callable[[Worker], None]) -> None:
    deadline = time.monotonic() + 60
    while job.status().classified == 0:
        assert time.monotonic() < deadline, worker.log.read_text()
        time.sleep(0.02)
    assert job.status().pending > 0
    kill(worker)


def test_a_worker_killed_in_the_middle_loses_nothing(
    client: Client, start_worker: StartWorker, demo_photos: Path, tmp_path: Path
) -> None:
    job = client.submit([photos(tmp_path / "in", demo_photos / "hopper.jpg", 200)])
    killed_in_the_middle(job, start_worker(2, lease_seconds=2), Worker.kill)
    start_worker(1, lease_seconds=2)
    status = job.wait(90)
    assert (status.submitted, status.classified) == (200, 200)
    assert len({verdict.image for verdict in job.verdicts()}) == 200


def test_a_killed_process_of_the_pool_loses_nothing(
    client: Client, start_worker: StartWorker, demo_photos: Path, tmp_path: Path
) -> None:
    import psutil

    def kill_child(worker: Worker) -> None:
        psutil.Process(worker.process.pid).children()[0].kill()

    job = client.submit([photos(tmp_path / "in", demo_photos / "hopper.jpg", 100)])
    killed_in_the_middle(job, start_worker(1, lease_seconds=2), kill_child)
    status = job.wait(90)
    assert (status.submitted, status.classified) == (100, 100)


def test_a_worker_that_is_told_to_stop_finishes_its_chunk(
    client: Client, start_worker: StartWorker, demo_photos: Path, tmp_path: Path
) -> None:
    job = client.submit([photos(tmp_path / "in", demo_photos / "hopper.jpg", 100)])
    worker = start_worker(1)
    killed_in_the_middle(job, worker, Worker.stop)
    assert worker.process.returncode == 0
    assert "lost its Redis" not in worker.log.read_text()
    status = job.status()
    ends = {chosen.stop for chosen in chunks(0, [ManifestEntry(image="a")] * 100, 64)}
    assert status.classified in ends | {0}
    start_worker(1)
    assert job.wait(60).classified == 100

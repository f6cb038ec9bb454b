"""From submit to results with a real client, servers and workers."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from glasses.client import Client, Job
from glasses.config.settings import Settings
from glasses.errors import UsageError, WaitTimeoutError
from glasses.jobs.chunks import chunks
from glasses.protocol.schemas import ManifestEntry
from glasses.protocol.statuses import JobState
from tests.support.commands import glasses_output, json_lines
from tests.support.jobs import counts_add_up
from tests.support.leftovers import stored_keys
from tests.support.photos import photos
from tests.support.stored_photos import delete_stored, stored
from tests.support.wait import wait_until
from tests.support.workers import Worker

StartWorker = Callable[..., Worker]


def test_every_demo_photo_has_the_expected_verdict_with_and_without_servers(
    settings: Settings, start_worker: StartWorker, demo_photos: Path
) -> None:
    start_worker()
    job = glasses_output("submit", str(demo_photos), "--wait", code=1, settings=settings).strip()
    submitted = glasses_output("results", job, "--format", "jsonl", code=1, settings=settings)
    in_process = glasses_output(
        "classify", str(demo_photos), "--format", "jsonl", code=1, settings=settings
    )
    assert submitted == in_process
    with open(demo_photos.parent / "expected.csv", encoding="utf-8", newline="") as file:
        expected = {row["image"]: row["expected"] for row in csv.DictReader(file)}
    found = {
        str(row["image"]): str(row["eyewear"]).replace("none", "no-glasses")
        if row["status"] == "classified"
        else str(row["status"]).replace("_", "-")
        for row in json_lines(submitted)
    }
    ignored = {name for name, verdict in expected.items() if verdict == "ignored"}
    assert found == {name: expected[name] for name in expected.keys() - ignored}
    status = json.loads(glasses_output("status", job, "--json", code=1, settings=settings))
    assert status["ignored"] == {"txt": len(ignored)}


def test_following_a_job_returns_the_same_rows_as_reading_it_at_the_end(
    settings: Settings, start_worker: StartWorker, demo_photos: Path
) -> None:
    job = glasses_output("submit", str(demo_photos), "--detach", settings=settings).strip()
    start_worker(chunk_size=4)
    followed = glasses_output(
        "results", job, "--follow", "--format", "jsonl", code=1, settings=settings
    )
    at_the_end = glasses_output("results", job, "--format", "jsonl", code=1, settings=settings)
    assert sorted(followed.splitlines()) == sorted(at_the_end.splitlines())
    assert len(followed.splitlines()) == 22


def test_csv_has_one_row_per_photo_and_only_filters_rows(
    settings: Settings, start_worker: StartWorker, demo_photos: Path
) -> None:
    start_worker()
    job = glasses_output("submit", str(demo_photos), "--wait", code=1, settings=settings).strip()
    table = list(
        csv.DictReader(
            glasses_output(
                "results", job, "--format", "csv", code=1, settings=settings
            ).splitlines()
        )
    )
    assert len(table) == 22
    failed = glasses_output(
        "results", job[:5], "--format", "jsonl", "--only", "failed", code=1, settings=settings
    )
    assert {row["reason"] for row in json_lines(failed)} == {"empty", "corrupt"}


def test_the_same_bytes_are_uploaded_and_classified_once(
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


def test_duplicates_under_different_names_have_one_verdict_each(
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


def test_a_photo_missing_from_the_store_fails_alone_and_the_next_submit_uploads_it(
    client: Client, start_worker: StartWorker, demo_photos: Path
) -> None:
    job = client.submit([demo_photos / "hopper.jpg", demo_photos / "collins.jpg"])
    delete_stored(client, next(iter(stored(client))))
    start_worker()
    status = job.wait(60)
    assert (status.classified, status.failed) == (1, 1)
    assert {verdict.reason for verdict in job.verdicts()} == {None, "vanished"}
    again = client.submit([demo_photos / "hopper.jpg", demo_photos / "collins.jpg"])
    assert again.wait(60).classified == 2


def test_removing_a_job_keeps_the_photos_that_another_job_needs(
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
    assert stored_keys(client) == []
    assert client.jobs() == []
    with pytest.raises(UsageError, match="no job"):
        client.job(one.id)


def test_counts_of_a_cancelled_job_add_up(client: Client, demo_photos: Path) -> None:
    job = client.submit([demo_photos])
    with pytest.raises(WaitTimeoutError):
        job.wait(0.1)
    status = job.cancel()
    assert status.state is JobState.CANCELLED
    assert (status.failed, status.cancelled) == (1, 21)
    assert counts_add_up(status)


def stop_in_the_middle(job: Job, worker: Worker, kill: Callable[[Worker], None]) -> None:
    wait_until(lambda: job.status().classified, worker.log.read_text)
    assert job.status().pending > 0
    kill(worker)


def test_a_worker_killed_in_the_middle_of_a_job_loses_nothing(
    client: Client, start_worker: StartWorker, demo_photos: Path, tmp_path: Path
) -> None:
    job = client.submit([photos(tmp_path / "in", demo_photos / "hopper.jpg", 200)])
    stop_in_the_middle(job, start_worker(2, lease_seconds=2), Worker.kill)
    start_worker(1, lease_seconds=2)
    status = job.wait(90)
    assert (status.submitted, status.classified) == (200, 200)
    assert len({verdict.image for verdict in job.verdicts()}) == 200


def test_a_killed_pool_process_loses_nothing(
    client: Client, start_worker: StartWorker, demo_photos: Path, tmp_path: Path
) -> None:
    import psutil

    def kill_child(worker: Worker) -> None:
        psutil.Process(worker.process.pid).children()[0].kill()

    job = client.submit([photos(tmp_path / "in", demo_photos / "hopper.jpg", 100)])
    stop_in_the_middle(job, start_worker(1, lease_seconds=2), kill_child)
    status = job.wait(90)
    assert (status.submitted, status.classified) == (100, 100)


def test_a_worker_that_receives_sigterm_finishes_its_chunk(
    client: Client, start_worker: StartWorker, demo_photos: Path, tmp_path: Path
) -> None:
    job = client.submit([photos(tmp_path / "in", demo_photos / "hopper.jpg", 100)])
    worker = start_worker(1)
    stop_in_the_middle(job, worker, Worker.stop)
    assert worker.process.returncode == 0
    assert "Redis is unavailable" not in worker.log.read_text()
    status = job.status()
    ends = {chosen.stop for chosen in chunks(0, [ManifestEntry(image="a")] * 100, 64)}
    assert status.classified in ends | {0}
    start_worker(1)
    assert job.wait(60).classified == 100

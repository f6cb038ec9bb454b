"""Photos that kill, hang or bloat a worker fail alone and soon."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from glasses.client import Client
from tests.support.hostile_photos import large_webp
from tests.support.photos import photos, poison
from tests.support.workers import Worker

StartWorker = Callable[..., Worker]
POISON_SECONDS = 60
"""Promised time from a poison photo to its verdict with default settings."""


def reasons(client: Client, job_id: str) -> dict[str, str | None]:
    return {
        verdict.image: verdict.reason
        for verdict in client.job(job_id).verdicts()
        if verdict.status == "failed"
    }


def test_photo_that_kills_workers_fails_alone_within_a_minute(
    client: Client, start_worker: StartWorker, demo_photos: Path, tmp_path: Path
) -> None:
    folder = photos(tmp_path / "in", demo_photos / "hopper.jpg", 32)
    poison(folder / "0021.jpg", "kill")
    worker = start_worker(1, poisonable=True)
    job = client.submit([folder])
    status = job.wait(POISON_SECONDS)
    assert (status.classified, status.failed) == (31, 1)
    assert reasons(client, job.id) == {"0021.jpg": "crashed_worker"}
    assert worker.process.poll() is None
    again = client.submit([demo_photos / "collins.jpg"])
    assert again.wait(20).classified == 1, "the pool survives"


def test_photo_that_needs_too_much_memory_fails_alone_and_kills_no_process(
    client: Client, start_worker: StartWorker, demo_photos: Path, tmp_path: Path
) -> None:
    folder = photos(tmp_path / "in", demo_photos / "hopper.jpg", 4)
    (folder / "0002.png").write_bytes(large_webp(7000, 7000))
    worker = start_worker(1, process_memory_mb=640)
    job = client.submit([folder])
    status = job.wait(90)
    assert (status.classified, status.failed) == (4, 1), worker.log.read_text()
    assert reasons(client, job.id) == {"0002.png": "out_of_memory"}
    log = worker.log.read_text()
    assert "WorkerLostError" not in log
    assert "pipeline failed" not in log
    again = client.submit([demo_photos / "collins.jpg"])
    assert again.wait(60).classified == 1, "the same process goes on"


@pytest.mark.parametrize(
    ("effect", "reason", "seconds"),
    [("hang", "crashed_worker", 3), ("eat", "out_of_memory", 60)],
)
def test_photo_that_hangs_or_eats_memory_fails_alone(
    effect: str,
    reason: str,
    seconds: int,
    client: Client,
    start_worker: StartWorker,
    demo_photos: Path,
    tmp_path: Path,
) -> None:
    folder = photos(tmp_path / "in", demo_photos / "hopper.jpg", 4)
    poison(folder / "0002.jpg", effect)
    worker = start_worker(
        1, poisonable=True, chunk_time_limit=seconds, max_attempts=2, process_memory_mb=1024
    )
    job = client.submit([folder])
    status = job.wait(90)
    assert (status.classified, status.failed) == (3, 1), worker.log.read_text()
    assert reasons(client, job.id) == {"0002.jpg": reason}
    assert worker.process.poll() is None

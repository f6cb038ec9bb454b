"""Photos that kill, stop or bloat whoever looks at them: they fail alone, and soon."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from glasses.client import Client
from tests.support.cursed_worker import MARK
from tests.support.photos import photos
from tests.support.workers import Worker

StartWorker = Callable[..., Worker]
POISON_SECONDS = 60
"""Promised: from a poison photo to its verdict, by default settings."""


def curse(photo: Path, what: str) -> None:
    photo.write_bytes(photo.read_bytes() + MARK + what.encode())


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
    curse(folder / "0021.jpg", "kill")
    worker = start_worker(1, cursed=True)
    job = client.submit([folder])
    status = job.wait(POISON_SECONDS)
    assert (status.classified, status.failed) == (31, 1)
    assert reasons(client, job.id) == {"0021.jpg": "crashed_worker"}
    assert worker.process.poll() is None
    again = client.submit([demo_photos / "collins.jpg"])
    assert again.wait(20).classified == 1, "the pool survives"


@pytest.mark.parametrize("effect", ["hang", "eat"])
def test_photo_without_end_or_measure_fails_alone(
    effect: str, client: Client, start_worker: StartWorker, demo_photos: Path, tmp_path: Path
) -> None:
    folder = photos(tmp_path / "in", demo_photos / "hopper.jpg", 4)
    curse(folder / "0002.jpg", effect)
    worker = start_worker(
        1, cursed=True, chunk_time_limit=3, max_attempts=2, process_memory_mb=1024
    )
    job = client.submit([folder])
    status = job.wait(90)
    assert (status.classified, status.failed) == (3, 1), worker.log.read_text()
    assert reasons(client, job.id) == {"0002.jpg": "crashed_worker"}
    assert worker.process.poll() is None

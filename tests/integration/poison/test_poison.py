"""Photos that kill, stop or bloat whoever looks at them: they fail alone, and soon."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

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


def test_photo_that_needs_more_memory_than_there_is_fails_alone_and_kills_nobody(
    client: Client, start_worker: StartWorker, demo_photos: Path, tmp_path: Path
) -> None:
    folder = photos(tmp_path / "in", demo_photos / "hopper.jpg", 4)
    # Small as a file; 16 bits a pixel take 8 bytes a pixel, several times, to become 8 bits.
    Image.fromarray(np.zeros((7000, 7000), np.uint16)).save(folder / "0002.png")
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
def test_photo_without_end_or_measure_fails_alone(
    effect: str,
    reason: str,
    seconds: int,
    client: Client,
    start_worker: StartWorker,
    demo_photos: Path,
    tmp_path: Path,
) -> None:
    folder = photos(tmp_path / "in", demo_photos / "hopper.jpg", 4)
    curse(folder / "0002.jpg", effect)
    worker = start_worker(
        1, cursed=True, chunk_time_limit=seconds, max_attempts=2, process_memory_mb=1024
    )
    job = client.submit([folder])
    status = job.wait(90)
    assert (status.classified, status.failed) == (3, 1), worker.log.read_text()
    assert reasons(client, job.id) == {"0002.jpg": reason}
    assert worker.process.poll() is None

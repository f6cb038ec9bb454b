"""A slow connection to the object store fails no transfer that makes progress."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

from glasses.client import Client
from glasses.config.settings import Settings
from tests.support.proxy import Network
from tests.support.workers import Worker

StartWorker = Callable[..., Worker]
MEGABYTE = 1_000_000


def large_photos(folder: Path, source: Path, count: int, size: int) -> Path:
    """Make photos of a given size by appending bytes, which decoders ignore."""
    folder.mkdir()
    for number in range(count):
        rest = random.Random(number).randbytes(size - source.stat().st_size)
        (folder / f"{number}.jpg").write_bytes(source.read_bytes() + rest)
    return folder


def test_uploads_that_exceed_the_timeout_together_continue_with_fewer_in_parallel(
    settings: Settings, network: Network, demo_photos: Path, tmp_path: Path
) -> None:
    folder = large_photos(tmp_path / "in", demo_photos / "hopper.jpg", 8, MEGABYTE)
    told: list[str] = []
    impatient = settings.model_copy(update={"s3_timeout_seconds": 2.5, "s3_retry_seconds": 1.0})
    network.s3.rate = 2 * MEGABYTE
    with Client(impatient, notify=told.append) as client:
        job = client.submit([folder])
    assert (job.status().submitted, job.status().complete) == (8, True)
    assert "slow connection to the object store: uploading 1 at a time" in told


def test_a_download_may_take_longer_than_one_attempt(
    network: Network,
    client: Client,
    start_worker: StartWorker,
    demo_photos: Path,
    tmp_path: Path,
) -> None:
    job = client.submit(
        [large_photos(tmp_path / "in", demo_photos / "hopper.jpg", 2, 4 * MEGABYTE)]
    )
    start_worker(1, chunk_time_limit=13, s3_timeout_seconds=2.0, s3_retry_seconds=1.0)
    network.s3.rate = MEGABYTE
    status = job.wait(60)
    assert (status.classified, status.failed) == (2, 0)
    (worker,) = client.workers()[0]
    assert (worker.died, worker.repeated) == (0, 0)

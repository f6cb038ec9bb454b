"""The chunk of a dead host is processed by another worker, with default settings."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from glasses.client import Client
from glasses.ledger import keys
from tests.support.photos import photos, poison
from tests.support.wait import wait_until
from tests.support.workers import Worker

RERUN_SECONDS = 15


def test_chunk_of_a_killed_worker_is_finished_by_another_within_15_seconds(
    client: Client, start_worker: Callable[..., Worker], demo_photos: Path, tmp_path: Path
) -> None:
    folder = photos(tmp_path / "in", demo_photos / "hopper.jpg", 4)
    poison(folder / "0003.jpg", "hang")
    doomed = start_worker(1, poisonable=True)
    job = client.submit([folder])
    wait_until(lambda: client.redis.zcard(keys.leases(job.id)))
    start_worker(1)
    time.sleep(4)  # the worst case: its lease was just renewed
    doomed.kill()
    assert job.wait(RERUN_SECONDS).classified == 4

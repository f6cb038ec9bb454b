"""How soon the work of a host that went is done by another, by default settings."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from glasses import keys
from glasses.client import Client
from tests.integration.poison.test_poison import curse
from tests.support.photos import photos
from tests.support.workers import Worker

RERUN_SECONDS = 15


def test_chunk_of_a_killed_worker_is_done_by_another_within_15_seconds(
    client: Client, start_worker: Callable[..., Worker], demo_photos: Path, tmp_path: Path
) -> None:
    folder = photos(tmp_path / "in", demo_photos / "hopper.jpg", 4)
    curse(folder / "0003.jpg", "hang")
    doomed = start_worker(1, cursed=True)
    job = client.submit([folder])
    while not client.redis.zcard(keys.due(job.id)):
        time.sleep(0.05)
    start_worker(1)
    time.sleep(4)  # so that its lease was just renewed: the worst case
    doomed.kill()
    assert job.wait(RERUN_SECONDS).classified == 4

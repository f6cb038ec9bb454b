"""Workers die at random, seeded, while a job runs; nothing may be lost, doubled or wrong."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from glasses.client import Client
from tests.support.photos import photos
from tests.support.workers import Worker

pytestmark = pytest.mark.chaos
LEASE_SECONDS = 2
PHOTOS = 1000


@pytest.mark.parametrize("seed", [1, 2])
def test_random_kills_lose_and_double_nothing(
    seed: int,
    client: Client,
    start_worker: Callable[..., Worker],
    demo_photos: Path,
    tmp_path: Path,
) -> None:
    chance = random.Random(seed)
    job = client.submit([photos(tmp_path / "in", demo_photos / "hopper.jpg", PHOTOS)])
    workers = [start_worker(1, lease_seconds=LEASE_SECONDS) for _ in range(2)]
    kills = 0
    deadline = time.monotonic() + 100
    while job.status().pending:
        assert time.monotonic() < deadline, job.status()
        time.sleep(chance.uniform(0.05, 0.5))
        victim = chance.randrange(2)
        if chance.random() < 0.5:
            workers[victim].kill()
            workers[victim] = start_worker(1, lease_seconds=LEASE_SECONDS)
        else:
            for child in psutil.Process(workers[victim].process.pid).children():
                child.kill()
        kills += 1
    status = job.wait(10)
    assert kills > 3
    assert (status.submitted, status.classified) == (PHOTOS, PHOTOS), status
    found = list(job.verdicts())
    assert len({verdict.image for verdict in found}) == PHOTOS
    assert len({(v.glasses, v.probability, v.faces) for v in found}) == 1

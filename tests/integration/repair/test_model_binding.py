"""A job keeps to the model that it began with, also when no worker has that model any more."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from glasses import keys
from glasses.client import Client
from glasses.queue import depth
from glasses.settings import Settings
from glasses.workers import live_workers, withdraw
from tests.integration.path.test_whole_path import run
from tests.support.workers import Worker

OTHER = Path(__file__).parents[2] / "fixtures" / "brightness_model"


def test_a_job_whose_model_no_worker_has_waits_aloud_and_hinders_nobody(
    settings: Settings, client: Client, start_worker: Callable[..., Worker], demo_photos: Path
) -> None:
    start_worker(model=str(OTHER)).kill()
    bound = client.submit([demo_photos / "hopper.jpg"])
    (gone,) = live_workers(client.redis)
    assert bound.status().model == gone.model
    withdraw(client.redis, gone.worker_id)
    assert "no worker runs" in run(settings, "status", bound.id)
    redis: Any = client.redis
    second = start_worker()
    assert client.submit([demo_photos / "collins.jpg"]).wait(30).classified == 1
    deadline = time.monotonic() + 20
    while "none runs" not in second.log.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.1)
    time.sleep(5)  # two ticks of the reconciler
    assert depth(redis) == 0
    assert redis.zcard(keys.due(bound.id)) == 1
    assert "bound to the model" in run(settings, "status", bound.id)
    start_worker(model=str(OTHER))
    assert bound.wait(30).pending == 0

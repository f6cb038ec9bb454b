"""A job keeps the model of its first chunk, even when no worker has that model any more."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from glasses.client import Client
from glasses.config.settings import Settings
from glasses.ledger import keys
from glasses.ledger.queue import depth
from glasses.ledger.workers import live_workers, withdraw
from tests.support.commands import glasses_output
from tests.support.wait import wait_until
from tests.support.workers import Worker

OTHER = Path(__file__).parents[2] / "fixtures" / "brightness_model"


def test_a_job_whose_model_no_worker_has_reports_it_and_delays_no_other_job(
    settings: Settings, client: Client, start_worker: Callable[..., Worker], demo_photos: Path
) -> None:
    start_worker(model=str(OTHER)).kill()
    bound = client.submit([demo_photos / "hopper.jpg"])
    (gone,) = live_workers(client.redis)
    assert bound.status().model == gone.model
    withdraw(client.redis, gone.worker_id)
    assert "no worker is running" in glasses_output("status", bound.id, settings=settings)
    redis: Any = client.redis
    second = start_worker()
    assert client.submit([demo_photos / "collins.jpg"]).wait(30).classified == 1
    wait_until(lambda: "is suspended: no worker with model" in second.log.read_text())
    time.sleep(5)  # two ticks of the reconciler
    assert depth(redis) == 0
    assert redis.zcard(keys.suspended(bound.id)) == 1
    assert "bound to the model" in glasses_output("status", bound.id, settings=settings)
    start_worker(model=str(OTHER))
    assert bound.wait(30).pending == 0

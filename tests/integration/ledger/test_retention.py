"""A job keeps the retention that it was submitted with."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from glasses.client import Client
from glasses.config.settings import Settings
from glasses.ledger import Ledger, keys
from glasses.protocol.schemas import JobSpec
from tests.support.workers import Worker

DAY = 86_400


def test_the_setting_of_a_worker_does_not_change_the_retention_of_a_job(
    settings: Settings, start_worker: Callable[..., Worker], demo_photos: Path
) -> None:
    changed = settings.model_copy(update={"retention_days": 30})
    with Client(changed) as client:
        job = client.submit([demo_photos / "hopper.jpg"])
        start_worker()  # its own setting is 7 days
        assert job.wait(60).classified == 1
        redis: Any = client.redis
        for key in (keys.job(job.id), keys.outcomes(job.id), keys.submitted(job.id), keys.JOBS):
            assert redis.ttl(key) > 29 * DAY, key


def test_a_job_of_short_retention_does_not_expire_the_list_of_jobs(client: Client) -> None:
    ledger = Ledger(client.redis)
    for job_id, days in (("abcdefgh", 30), ("bcdefghi", 1)):
        spec = JobSpec(
            job_id=job_id, name="t", created=time.time(), chunk_size=4,
            retention_seconds=days * DAY,
        )  # fmt: skip
        ledger.create(spec, None, None)
    assert client.redis.ttl(keys.JOBS) > 29 * DAY

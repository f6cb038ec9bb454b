"""`glasses reconcile`: what Redis lost comes back from the manifest."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from glasses import keys
from glasses.client import Client
from glasses.errors import UsageError
from glasses.lanes import PRIORITY_SMALL, lane, list_name
from glasses.settings import Settings
from tests.integration.path.test_whole_path import run
from tests.support.workers import Worker

StartWorker = Callable[..., Worker]


def test_a_job_is_rebuilt_after_redis_lost_everything(
    settings: Settings, client: Client, start_worker: StartWorker, demo_photos: Path
) -> None:
    start_worker()
    job = run(settings, "submit", str(demo_photos), "--wait", code=1).strip()
    before = run(settings, "results", job, "--format", "jsonl", code=1)
    client.redis.flushdb()
    run(settings, "status", job, code=2)
    assert job in run(settings, "reconcile", job)
    after = client.job(job).wait(60)
    assert (after.submitted, after.pending, after.complete) == (23, 0, True)
    assert run(settings, "results", job, "--format", "jsonl", code=1) == before


def test_a_job_is_rebuilt_in_the_middle_and_only_once(
    client: Client, start_worker: StartWorker, demo_photos: Path
) -> None:
    job = client.submit([demo_photos])
    client.redis.flushdb()
    assert [repaired.rebuilt for repaired in client.reconcile()] == [23]
    assert [repaired.rebuilt for repaired in client.reconcile()] == [0]
    assert job.status().submitted == 23
    start_worker()
    status = job.wait(60)
    assert (status.classified, status.no_face, status.failed) == (18, 2, 3)


def test_lost_messages_are_queued_at_once(client: Client, demo_photos: Path) -> None:
    job = client.submit([demo_photos])
    redis: Any = client.redis
    messages = list_name(lane(job.id), PRIORITY_SMALL)
    redis.delete(messages)
    assert [repaired.queued for repaired in client.reconcile(job.id)] == [2]
    assert redis.llen(messages) == 2


def test_a_job_that_nobody_knows_is_a_usage_error(client: Client) -> None:
    with pytest.raises(UsageError, match="neither Redis nor the object store"):
        client.reconcile("abcdefgh")


def test_two_do_not_rebuild_the_same_job(settings: Settings, client: Client) -> None:
    job = client.submit(["demo/photos/hopper.jpg"])
    client.redis.flushdb()
    redis: Any = client.redis
    redis.set(keys.lock(f"rebuild:{job.id}"), "1", ex=60)
    run(settings, "reconcile", job.id, code=3)
    redis.delete(keys.lock(f"rebuild:{job.id}"))
    run(settings, "reconcile", job.id)

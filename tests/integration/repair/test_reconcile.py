"""`glasses reconcile` rebuilds from the manifest what Redis lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from glasses.client import Client
from glasses.config.settings import Settings
from glasses.errors import UsageError
from glasses.ledger import Ledger, keys
from glasses.ledger.partitions import PRIORITY_SMALL, list_name, partition_of
from glasses.protocol.statuses import JobState
from glasses.storage.manifest import ManifestStore
from tests.support.commands import glasses_output, start_glasses
from tests.support.photos import photos
from tests.support.wait import wait_until
from tests.support.workers import Worker

StartWorker = Callable[..., Worker]


def test_a_job_is_rebuilt_after_redis_lost_everything(
    settings: Settings, client: Client, start_worker: StartWorker, demo_photos: Path
) -> None:
    worker = start_worker()
    job = glasses_output("submit", str(demo_photos), "--wait", code=1, settings=settings).strip()
    before = glasses_output("results", job, "--format", "jsonl", code=1, settings=settings)
    worker.kill()
    client.redis.flushdb()
    assert job in glasses_output("reconcile", job, settings=settings)
    start_worker()
    after = client.job(job).wait(60)
    assert (after.submitted, after.pending, after.complete) == (22, 0, True)
    assert after.ignored == {"txt": 1}
    assert glasses_output("results", job, "--format", "jsonl", code=1, settings=settings) == before


def test_an_empty_job_is_rebuilt_and_stays_done(client: Client, tmp_path: Path) -> None:
    (tmp_path / "a.xmp").write_bytes(b"no photo")
    job = client.submit([tmp_path])
    client.redis.flushdb()
    (status,) = [client.job(job.id).status()]
    assert (status.state, status.submitted, status.complete) == (JobState.DONE, 0, True)
    assert status.ignored == {"xmp": 1}
    assert job.remove() == 0


def test_a_killed_rebuild_is_finished_by_the_next_one(
    settings: Settings, client: Client, demo_photos: Path, tmp_path: Path
) -> None:
    job = client.submit([photos(tmp_path / "in", demo_photos / "hopper.jpg", 1500)])
    client.redis.flushdb()
    killed = start_glasses("reconcile", job.id, settings=settings, stderr=None)
    redis: Any = client.redis
    wait_until(lambda: redis.bitcount(keys.submitted(job.id)) >= 64)
    killed.kill()
    killed.communicate()
    half = redis.bitcount(keys.submitted(job.id))
    assert half < 1500
    (repaired,) = client.reconcile(job.id)
    assert repaired.rebuilt == 1500 - half
    status = job.status()
    assert (status.submitted, status.pending, status.state) == (1500, 1500, JobState.RUNNING)


def test_workers_finish_a_killed_rebuild(
    client: Client, start_worker: StartWorker, demo_photos: Path
) -> None:
    job = client.submit([demo_photos])
    ledger = Ledger(client.redis)
    spec = ledger.spec(job.id)
    assert spec is not None
    client.redis.flushdb()
    ledger.create(spec, None, None)  # what a rebuild does first of all
    client.redis.delete(keys.submitter(job.id))
    start_worker()
    assert job.wait(60).submitted == 22
    assert job.status().complete


def test_a_running_job_is_rebuilt_only_once(
    client: Client, start_worker: StartWorker, demo_photos: Path
) -> None:
    job = client.submit([demo_photos])
    client.redis.flushdb()
    assert [repaired.rebuilt for repaired in client.reconcile()] == [22]
    assert [repaired.rebuilt for repaired in client.reconcile()] == [0]
    assert job.status().submitted == 22
    start_worker()
    status = job.wait(60)
    assert (status.classified, status.no_face, status.failed) == (18, 2, 2)


def test_lost_messages_are_queued_at_once(client: Client, demo_photos: Path) -> None:
    job = client.submit([demo_photos])
    redis: Any = client.redis
    messages = list_name(partition_of(job.id), PRIORITY_SMALL)
    redis.delete(messages)
    assert [repaired.queued for repaired in client.reconcile(job.id)] == [2]
    assert redis.llen(messages) == 2


def test_an_unknown_job_is_a_usage_error(client: Client) -> None:
    with pytest.raises(UsageError, match="neither Redis nor the object store"):
        client.reconcile("abcdefgh")


def test_two_rebuilds_of_the_same_job_take_turns(settings: Settings, client: Client) -> None:
    job = client.submit(["demo/photos/hopper.jpg"])
    client.redis.flushdb()
    redis: Any = client.redis
    redis.set(keys.lock(f"repair:{job.id}"), "somebody", ex=2)
    assert "1 photo" in glasses_output("reconcile", job.id, settings=settings)
    assert client.reconcile(job.id)[0].rebuilt == 0


def test_a_job_lost_by_redis_is_found_by_its_name(
    settings: Settings, client: Client, demo_photos: Path
) -> None:
    job = client.submit([demo_photos], name="holiday")
    client.redis.flushdb()
    assert job.id in glasses_output("status", "holiday", settings=settings)
    assert client.job("holiday").status().submitted == 22


def test_an_expired_job_is_not_rebuilt(client: Client, demo_photos: Path) -> None:
    job = client.submit([demo_photos / "hopper.jpg"])
    files = ManifestStore(client.store)
    spec = files.spec(job.id)
    assert spec is not None
    files.write_spec(spec.model_copy(update={"created": spec.created - 8 * 86_400}))
    client.redis.flushdb()
    with pytest.raises(UsageError, match="may have expired"):
        client.job(job.id)
    files.write_spec(spec)
    assert client.job(job.id).status().submitted == 1


def test_a_job_whose_keys_were_deleted_by_hand_is_repaired(
    client: Client, demo_photos: Path
) -> None:
    job = client.submit([demo_photos])
    client.redis.delete(keys.chunks(job.id))
    assert Ledger(client.redis).inspect(job.id).needs_repair
    assert client.reconcile(job.id)[0].rebuilt == 21
    assert not Ledger(client.redis).inspect(job.id).needs_repair

"""Workers delete expired jobs; what cannot be read is left alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from glasses.client import Client
from glasses.jobs.expiry import expire
from glasses.ledger import expiry_schedule, keys
from glasses.ledger.workers import redis_time
from glasses.protocol.schemas import SCHEMA_VERSION, JobSpec
from glasses.storage.manifest import ManifestStore, removed_key, stored_jobs
from glasses.storage.object_store import ObjectStore
from tests.support.leftovers import stored_keys
from tests.support.wait import wait_until
from tests.support.workers import Worker


def write_spec(client: Client, job_id: str, **changes: Any) -> None:
    spec = JobSpec(job_id=job_id, name="n", created=0, chunk_size=4, retention_seconds=1)
    client.store.put(
        f"jobs/{job_id}/job.json", spec.model_copy(update=changes).model_dump_json().encode()
    )


def test_a_worker_deletes_expired_jobs_when_the_round_is_due(
    client: Client, start_worker: Callable[..., Worker]
) -> None:
    write_spec(client, "aaaaaaaa")
    (job,) = stored_jobs(client.store)
    wait_until(lambda: client.store.now() >= job.changed + timedelta(seconds=1))
    expiry_schedule.schedule(client.redis, 0)
    worker = start_worker()
    wait_until(lambda: not stored_keys(client), worker.log.read_text)
    wait_until(lambda: "jobs expired: aaaaaaaa" in worker.log.read_text(), worker.log.read_text)
    any_redis: Any = client.redis
    due = float(any_redis.get(keys.EXPIRY)) - redis_time(client.redis)
    assert expiry_schedule.RETRY_SECONDS < due <= expiry_schedule.EVERY_SECONDS


def test_a_round_is_requested_once_per_hour_also_after_the_clock_stepped_back(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1_000_000.0
    monkeypatch.setattr(expiry_schedule, "redis_time", lambda _: now)
    assert not expiry_schedule.is_due(client.redis), "Redis may have lost the jobs"
    now += expiry_schedule.FIRST_SECONDS
    assert expiry_schedule.is_due(client.redis)
    assert not expiry_schedule.is_due(client.redis), "requested already"
    expiry_schedule.schedule(client.redis, expiry_schedule.EVERY_SECONDS)
    now += 3599
    assert not expiry_schedule.is_due(client.redis)
    now -= 10_000
    assert expiry_schedule.is_due(client.redis)


def test_a_paused_job_expires_when_its_status_says_so(
    client: Client, demo_photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = client.submit([demo_photos / "cat.jpg"])
    job.pause()
    key = keys.job(job.id)
    for known in (f"{key}{suffix}" for suffix in ("", ":submitted", ":chunks")):
        client.redis.expire(known, 1000)
    assert 990 < job.status().expires - redis_time(client.redis) <= 1000
    later = client.store.now() + timedelta(days=30)
    monkeypatch.setattr(ObjectStore, "now", lambda _: later)
    assert expire(client.settings, client.redis, client.store).jobs == []
    client.redis.expire(key, 0)
    assert expire(client.settings, client.redis, client.store).jobs == [job.id]


def test_jobs_of_newer_versions_are_left_and_damaged_ones_expire_by_the_setting(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_spec(client, "aaaaaaaa", schema_version=SCHEMA_VERSION + 1)
    client.store.put("jobs/bbbbbbbb/job.json", b"{")
    client.store.put("jobs/cccccccc/manifest/00000000.jsonl", b"{}\n")
    client.store.put(removed_key("dddddddd"), b"{}")  # its removal may be running
    client.store.put("jobs/doctor/0", b"x")
    assert expire(client.settings, client.redis, client.store).jobs == []
    later = client.store.now() + timedelta(days=7, minutes=1)
    monkeypatch.setattr(ObjectStore, "now", lambda _: later)
    expired = expire(client.settings, client.redis, client.store).jobs
    assert expired == ["bbbbbbbb", "cccccccc", "dddddddd"]
    assert ManifestStore(client.store).is_newer("aaaaaaaa")
    client.store.delete(client.store.keys(""))


def test_jobs_of_many_segments_expire_in_batches(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = client.store.now() + timedelta(minutes=1)
    monkeypatch.setattr(ObjectStore, "now", lambda _: later)
    monkeypatch.setattr("glasses.jobs.expiry._SEGMENTS", 2)
    names = [f"aaaaaaa{letter}" for letter in "abcde"]
    for name in names:
        write_spec(client, name)
        ManifestStore(client.store).write_segment(name, 0, [])
    assert expire(client.settings, client.redis, client.store).jobs == names
    assert stored_keys(client) == []

"""Old and new versions side by side: what only the newer understands is refused, never lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from glasses.client import Client, Job
from glasses.config.settings import Settings
from glasses.errors import UnreadableJobError
from glasses.ledger import Ledger, keys
from glasses.ledger.partitions import PRIORITY_SMALL, list_name, partition_of
from glasses.ledger.queue import CLASSIFY_CHUNK, depth
from glasses.ledger.workers import WorkerInfo, announce, live_workers, withdraw
from glasses.protocol.schemas import SCHEMA_VERSION, ChunkMessage
from tests.support.commands import glasses_printed
from tests.support.messages import arguments, message
from tests.support.newer_worker import NEWER
from tests.support.wait import wait_until
from tests.support.workers import Worker

StartWorker = Callable[..., Worker]


def as_if_newer(client: Client, job: Job, version: int) -> None:
    redis: Any = client.redis
    spec = json.loads(redis.hget(keys.job(job.id), "spec"))
    redis.hset(keys.job(job.id), "spec", json.dumps(spec | {"schema_version": version}))


def send_newer(client: Client, job: Job) -> None:
    """Replace the message of a job by that of a submitter of the next version."""
    redis: Any = client.redis
    redis.delete(list_name(partition_of(job.id), PRIORITY_SMALL))
    (chunk,) = redis.hkeys(keys.chunks(job.id))
    sent = ChunkMessage.of(job.id, chunk).model_dump() | {"schema_version": NEWER}
    redis.lpush(
        list_name(partition_of(job.id), PRIORITY_SMALL), message(CLASSIFY_CHUNK, arguments(sent))
    )


def test_a_newer_chunk_is_refused_by_name_and_waits_for_a_newer_worker(
    settings: Settings, client: Client, start_worker: StartWorker, demo_photos: Path
) -> None:
    redis: Any = client.redis
    job = client.submit([demo_photos / "hopper.jpg"])
    send_newer(client, job)
    as_if_newer(client, job, NEWER)
    old = start_worker()
    wait_until(lambda: f"rejected a chunk of schema {NEWER}" in old.log.read_text())
    wait_until(lambda: depth(redis) == 0)
    (record,) = redis.hvals(keys.chunks(job.id))
    assert record.startswith("queued 0 "), "no attempt was used up"

    code, said = glasses_printed("status", job.id, settings=settings)
    assert code == 2
    assert "newer version" in said
    code, said = glasses_printed("jobs", settings=settings)
    assert code == 0
    assert f"job {job.id} was submitted by a newer version" in said

    other = client.submit([demo_photos / "collins.jpg"])
    assert other.wait(60).classified == 1
    lost = client.submit([demo_photos / "giunchedi.jpg"])
    assert lost.wait(60).classified == 1
    assert depth(redis) == 0, "it is not sent round in circles"

    (record,) = redis.hvals(keys.chunks(job.id))
    long_ago = "queued 0 {2} {3} 1 {5} ".format(*record.split())
    redis.hset(keys.chunks(job.id), "0+1", long_ago)
    start_worker(newer=True)
    wait_until(lambda: redis.hget(keys.job(job.id), "classified") == "1", old.log.read_text)
    as_if_newer(client, job, SCHEMA_VERSION)
    assert job.status().pending == 0


def test_a_newer_job_does_not_stop_an_old_worker_from_reconciling_others(
    client: Client, start_worker: StartWorker, demo_photos: Path
) -> None:
    lost = client.submit([demo_photos / "collins.jpg"])
    chunk = ChunkMessage(job_id=lost.id, start=0, count=1)
    ledger = Ledger(client.redis)
    client.redis.delete(list_name(partition_of(lost.id), PRIORITY_SMALL))
    newer = client.submit([demo_photos / "hopper.jpg"])
    as_if_newer(client, newer, NEWER)
    worker = start_worker()
    (live,) = live_workers(client.redis)
    begun = ledger.acquire(
        chunk, model=live.model, threshold=0.5, lease_seconds=0.001, max_attempts=3
    )
    assert begun.answer in {"acquired", "done"}
    wait_until(lambda: lost.status().classified == 1, worker.log.read_text)
    as_if_newer(client, newer, SCHEMA_VERSION)


def test_a_newer_chunk_stays_queued_while_a_newer_worker_is_alive(
    client: Client, start_worker: StartWorker, demo_photos: Path
) -> None:
    job = client.submit([demo_photos / "hopper.jpg"])
    send_newer(client, job)
    as_if_newer(client, job, NEWER)
    busy = WorkerInfo(
        worker_id="elsewhere:1", processes=1, model="m@1", threshold=0.5, started=0, seen=0,
        schema_version=NEWER,
    )  # fmt: skip
    announce(client.redis, busy)
    old = start_worker()

    def is_left() -> bool:
        announce(client.redis, busy)
        return "left to a newer worker" in old.log.read_text()

    wait_until(is_left, old.log.read_text)
    withdraw(client.redis, busy.worker_id)
    start_worker(newer=True)
    redis: Any = client.redis
    wait_until(lambda: redis.hget(keys.job(job.id), "classified") == "1", old.log.read_text)
    as_if_newer(client, job, SCHEMA_VERSION)


def test_status_reports_that_no_worker_is_new_enough(client: Client, demo_photos: Path) -> None:
    job = client.submit([demo_photos / "hopper.jpg"])
    announce(
        client.redis,
        WorkerInfo(
            worker_id="old:1", processes=1, model="m@1", threshold=0.5, started=0, seen=0,
            schema_version=0,
        ),
    )  # fmt: skip
    assert "start workers of the version" in (job.stall_reason(job.status()) or "")


def test_a_newer_job_does_not_stop_the_repair_of_others(
    settings: Settings, client: Client, demo_photos: Path
) -> None:
    newer = client.submit([demo_photos / "hopper.jpg"])
    other = client.submit([demo_photos / "collins.jpg"])
    key = f"jobs/{newer.id}/job.json"
    before = client.store.get(key) or b""
    client.store.put(key, json.dumps(json.loads(before) | {"schema_version": NEWER}).encode())
    told: list[str] = []
    with Client(settings, notify=told.append) as teller:
        assert [repaired.job_id for repaired in teller.reconcile()] == [other.id]
    assert [text for text in told if newer.id in text and "newer version" in text]
    with pytest.raises(UnreadableJobError):
        client.reconcile(newer.id)
    client.store.put(key, before)

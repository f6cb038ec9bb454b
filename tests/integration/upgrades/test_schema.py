"""A newer version beside an old one: what only the newer understands is refused, never lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from glasses import keys
from glasses.client import Client, Job
from glasses.errors import UnreadableJobError
from glasses.lanes import PRIORITY_SMALL, lane, list_name
from glasses.ledger import Ledger
from glasses.queue import CLASSIFY_CHUNK, depth
from glasses.schemas import ChunkMessage
from glasses.settings import Settings
from glasses.workers import WorkerInfo, announce, live_workers, withdraw
from infra.local.workers import environment
from tests.support.messages import arguments, message
from tests.support.newer_worker import NEWER
from tests.support.waiting import wait_until
from tests.support.workers import Worker

StartWorker = Callable[..., Worker]


def as_if_newer(client: Client, job: Job, version: int) -> None:
    redis: Any = client.redis
    spec = json.loads(redis.hget(keys.job(job.id), "spec"))
    redis.hset(keys.job(job.id), "spec", json.dumps(spec | {"schema_version": version}))


def send_newer(client: Client, job: Job) -> None:
    """What a submitter of the next version sends, in place of what this one has sent."""
    redis: Any = client.redis
    redis.delete(list_name(lane(job.id), PRIORITY_SMALL))
    (chunk,) = redis.hkeys(keys.chunks(job.id))
    sent = ChunkMessage.of(job.id, chunk).model_dump() | {"schema_version": NEWER}
    redis.lpush(list_name(lane(job.id), PRIORITY_SMALL), message(CLASSIFY_CHUNK, arguments(sent)))


def glasses(settings: Settings, *words: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "producer", *words],
        env=os.environ | environment(settings),
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_a_newer_chunk_is_refused_by_name_and_waits_for_a_worker_that_knows_it(
    settings: Settings, client: Client, start_worker: StartWorker, demo_photos: Path
) -> None:
    redis: Any = client.redis
    job = client.submit([demo_photos / "hopper.jpg"])
    send_newer(client, job)
    as_if_newer(client, job, NEWER)
    old = start_worker()
    wait_until(lambda: f"rejected a chunk of schema {NEWER}" in old.log.read_text())
    assert depth(redis) == 0, "it does not turn round for ever"
    (record,) = redis.hvals(keys.chunks(job.id))
    assert record.startswith("queued 0 "), "no attempt was used up"

    code, said = glasses(settings, "status", job.id)
    assert code == 2
    assert "newer version" in said
    code, said = glasses(settings, "jobs")
    assert code == 0
    assert f"job {job.id} was submitted by a newer version" in said

    other = client.submit([demo_photos / "collins.jpg"])
    assert other.wait(60).classified == 1
    lost = client.submit([demo_photos / "giunchedi.jpg"])
    assert lost.wait(60).classified == 1

    redis.zadd(keys.waiting(job.id, PRIORITY_SMALL), {"0+1": 1})  # queued long ago
    start_worker(newer=True)
    wait_until(lambda: redis.hget(keys.job(job.id), "classified") == "1", old.log.read_text)
    as_if_newer(client, job, 1)
    assert job.status().pending == 0


def test_a_newer_job_keeps_no_old_worker_from_reconciling_others(
    client: Client, start_worker: StartWorker, demo_photos: Path
) -> None:
    lost = client.submit([demo_photos / "collins.jpg"])
    chunk = ChunkMessage(job_id=lost.id, start=0, count=1)
    ledger = Ledger(client.redis)
    client.redis.delete(list_name(lane(lost.id), PRIORITY_SMALL))
    newer = client.submit([demo_photos / "hopper.jpg"])
    as_if_newer(client, newer, NEWER)
    worker = start_worker()
    (live,) = live_workers(client.redis)
    begun = ledger.begin(
        chunk, model=live.model, threshold=0.5, lease_seconds=0.001, max_attempts=3, ttl=60
    )
    assert begun.answer in {"begun", "done"}
    wait_until(lambda: lost.status().classified == 1, worker.log.read_text)
    as_if_newer(client, newer, 1)


def test_a_newer_chunk_stays_in_the_queue_while_a_worker_that_knows_it_lives(
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
    as_if_newer(client, job, 1)


def test_a_user_is_told_that_no_worker_is_new_enough(client: Client, demo_photos: Path) -> None:
    job = client.submit([demo_photos / "hopper.jpg"])
    announce(
        client.redis,
        WorkerInfo(
            worker_id="old:1", processes=1, model="m@1", threshold=0.5, started=0, seen=0,
            schema_version=0,
        ),
    )  # fmt: skip
    assert "start workers of the version" in (job.blockage(job.status()) or "")


def test_a_newer_job_keeps_nobody_from_repairing_the_others(
    settings: Settings, client: Client, demo_photos: Path
) -> None:
    newer = client.submit([demo_photos / "hopper.jpg"])
    other = client.submit([demo_photos / "collins.jpg"])
    key = f"jobs/{newer.id}/job.json"
    before = client.store.get(key) or b""
    client.store.put(key, json.dumps(json.loads(before) | {"schema_version": NEWER}).encode())
    told: list[str] = []
    with Client(settings, tell=told.append) as teller:
        assert [repaired.job_id for repaired in teller.reconcile()] == [other.id]
    assert [text for text in told if newer.id in text and "newer version" in text]
    with pytest.raises(UnreadableJobError):
        client.reconcile(newer.id)
    client.store.put(key, before)

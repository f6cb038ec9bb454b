"""A rolling update to another model: a running job keeps its model, the next uses the new."""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from glasses.client import Client, Job
from glasses.ledger import Ledger, keys
from glasses.ledger.queue import PRIORITY_BULK
from glasses.ledger.workers import announce, live_workers
from glasses.protocol.schemas import ChunkMessage
from tests.support.jobs import counts_add_up
from tests.support.photos import photos
from tests.support.wait import wait_until
from tests.support.workers import Worker
from worker.vision import model_store

StartWorker = Callable[..., Worker]
PHOTOS = 96


@pytest.fixture
def other_model(tmp_path: Path) -> Path:
    """Return the released model with another calibration: same network, other probabilities."""
    folder = tmp_path / "recalibrated"
    shutil.copytree(model_store.find("default"), folder)
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text("utf-8"))
    manifest["calibration"] = {"temperature": 2.0, "bias": 0.25}
    manifest["reduced_pass"] = None
    manifest["threshold"] = 0.6
    path.write_text(json.dumps(manifest), "utf-8")
    return folder


def models(job: Job) -> set[str]:
    return {verdict.model for verdict in job.verdicts()}


def test_a_job_keeps_its_model_while_workers_are_replaced_and_the_next_uses_the_new_one(
    client: Client,
    start_worker: StartWorker,
    demo_photos: Path,
    tmp_path: Path,
    other_model: Path,
) -> None:
    redis: Any = client.redis
    client.settings = client.settings.model_copy(update={"chunk_size": 8})
    folder = photos(tmp_path / "in", demo_photos / "hopper.jpg", PHOTOS)
    job = client.submit([folder])
    # Its lease is longer than the time for which it is stopped: no other worker takes its chunk.
    old = start_worker(lease_seconds=600)
    (before,) = live_workers(redis)
    wait_until(lambda: job.status().model)
    old.signal(signal.SIGSTOP)
    assert job.status().pending
    new = start_worker(model=str(other_model))

    def has_left_one() -> bool:
        announce(redis, before)
        return "other_model" in new.log.read_text()

    wait_until(has_left_one, new.log.read_text)
    attempts = {record.split()[1] for record in redis.hvals(keys.chunks(job.id))}
    assert attempts <= {"0", "1"}, "leaving a chunk to others costs no attempt"
    assert job.stall_reason(job.status()) is None
    old.signal(signal.SIGCONT)
    status = job.wait(90)
    assert counts_add_up(status)
    assert (status.submitted, status.classified) == (PHOTOS, PHOTOS)
    assert models(job) == {status.model} == {before.model}
    old.stop()
    (after,) = live_workers(redis)
    assert after.model != before.model
    second = client.submit([folder])
    assert second.wait(90).classified == PHOTOS
    assert models(second) == {after.model}
    assert {v.probability for v in second.verdicts()} != {v.probability for v in job.verdicts()}
    assert models(job) == {before.model}


def test_a_chunk_that_a_worker_cannot_take_is_requeued_last(
    client: Client, demo_photos: Path
) -> None:
    redis: Any = client.redis
    ledger = Ledger(redis)
    job = client.submit([demo_photos / "hopper.jpg", demo_photos / "collins.jpg"])
    (name,) = redis.hkeys(keys.chunks(job.id))
    chunk = ChunkMessage.of(job.id, name)
    redis.hset(keys.chunks(job.id), name, f"queued 2 {PRIORITY_BULK} 0 5 0 ")
    assert ledger.requeue(chunk) == PRIORITY_BULK
    record = redis.hget(keys.chunks(job.id), name)
    assert record.startswith(f"queued 2 {PRIORITY_BULK} ")
    assert int(record.split()[3]) > 0
    ledger.acquire(chunk, model="m@1", threshold=0.5, lease_seconds=60, max_attempts=9)
    assert ledger.requeue(chunk) is None, "somebody works on it"

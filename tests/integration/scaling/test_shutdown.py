from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from glasses.client import Client
from glasses.ledger import keys
from glasses.ledger.partitions import list_name, partition_of
from glasses.ledger.queue import PRIORITY_SMALL
from tests.support.photos import photos
from tests.support.wait import wait_until
from tests.support.workers import Worker


def test_a_worker_stops_in_time_when_sigterm_arrives_with_a_chunk(
    client: Client, start_worker: Callable[..., Worker], demo_photos: Path, tmp_path: Path
) -> None:
    worker = start_worker(1)
    redis: Any = client.redis
    # A new worker's first task has to be done: a busy worker asks for no message.
    wait_until(lambda: redis.exists(keys.AUDITED) and waits_for_message(redis))
    (process,) = psutil.Process(worker.process.pid).children()
    process.suspend()  # it gets the chunk, and does not yet say that it has begun
    job = client.submit([photos(tmp_path / "in", demo_photos / "hopper.jpg", 3)])
    wait_until(lambda: redis.llen(list_name(partition_of(job.id), PRIORITY_SMALL)) == 0)
    wait_until(lambda: "received" in worker.log.read_text())
    worker.process.terminate()
    wait_until(lambda: "Warm shutdown" in worker.log.read_text())
    time.sleep(0.5)  # its parent forgets what has not begun
    process.resume()
    assert worker.process.wait(20) == 0, "without a limit it takes 30 s longer"
    assert job.wait(5).classified == 3


def waits_for_message(redis: Any) -> bool:
    return any("b" in connection["flags"] for connection in redis.client_list())

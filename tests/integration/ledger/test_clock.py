"""A backward step of Redis' clock extends no lease and queues no waiting chunk again."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from glasses.client import Client
from glasses.config.settings import Settings
from glasses.ledger import Ledger, keys, reclaim, reclaim_all
from glasses.ledger.clock import last_step
from glasses.ledger.queue import PRIORITY_BULK, depth, send_chunk
from glasses.ledger.reconciler import LOCK
from glasses.ledger.workers import WorkerInfo, announce
from glasses.protocol.schemas import ChunkMessage, JobSpec
from infra.local import valkey
from producer.doctor import CheckState, servers
from tests.support.wait import wait_until

JOB = "abcdefgh"
GRACE = 0.05
HOUR = 3600
LEASE = 2.0


def _faketime() -> Path | None:
    return next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)


@pytest.fixture
def step(tmp_path: Path) -> Callable[[int], None]:
    def to(offset: int) -> None:
        partial = tmp_path / "clock.partial"
        partial.write_text(f"{offset:+d}\n")
        partial.replace(tmp_path / "clock")

    return to


@pytest.fixture
def client(settings: Settings, tmp_path: Path, step: Callable[[int], None]) -> Iterator[Client]:
    """Yield settings of a Valkey whose clock the test sets."""
    step(0)
    library = _faketime()
    if library is None:
        pytest.skip("needs Debian's package libfaketime")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [str(valkey.binary()), "--port", str(port), "--save", "", "--dir", str(tmp_path)],
        env={
            "LD_PRELOAD": str(library), "FAKETIME_TIMESTAMP_FILE": str(tmp_path / "clock"),
            "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        },
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    changed = {"redis_url": SecretStr(f"redis://127.0.0.1:{port}/0")}
    try:
        with Client(settings.model_copy(update=changed)) as found:
            found.redis.ping()
            yield found
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def ledger(client: Client) -> Ledger:
    found = Ledger(client.redis)
    found.create(
        JobSpec(
            job_id=JOB, name="t", created=time.time(), chunk_size=4, retention_seconds=7 * 86_400
        ),
        None,
        None,
    )
    return found


def queued(client: Client, ledger: Ledger, start: int) -> ChunkMessage:
    chunk = ChunkMessage(job_id=JOB, start=start, count=4)
    ledger.enqueue(chunk, PRIORITY_BULK)
    send_chunk(client.redis, chunk, PRIORITY_BULK)
    return chunk


def acquire(ledger: Ledger, chunk: ChunkMessage) -> str:
    return ledger.acquire(
        chunk, model="m", threshold=0.5, lease_seconds=LEASE, max_attempts=3, holder="me"
    ).answer


def now(redis: Any) -> float:
    seconds, microseconds = redis.time()
    return float(seconds) + float(microseconds) / 1e6


def test_waiting_chunks_are_not_queued_again(
    client: Client, ledger: Ledger, step: Callable[[int], None]
) -> None:
    chunks = [queued(client, ledger, start) for start in range(0, 40, 4)]
    assert acquire(ledger, chunks[5]) == "acquired"
    step(-HOUR)
    wait_until(lambda: abs(now(client.redis) - time.time()) > HOUR / 2)
    for start in range(40, 60, 4):
        queued(client, ledger, start)
    sent = 0
    for _ in range(5):
        time.sleep(2 * GRACE)  # each longer than a message is waited for
        sent += reclaim(client.redis, JOB, GRACE).queued
    # Five were overtaken, and are sent once. The others merely wait.
    assert sent == 5
    assert depth(client.redis) == 20


def test_a_lease_from_before_the_step_expires_in_time(
    client: Client, ledger: Ledger, step: Callable[[int], None]
) -> None:
    chunk = queued(client, ledger, 0)
    acquire(ledger, chunk)
    step(-HOUR)
    wait_until(lambda: abs(now(client.redis) - time.time()) > HOUR / 2)
    assert reclaim(client.redis, JOB, GRACE).queued == 0
    redis: Any = client.redis
    assert redis.zscore(keys.leases(JOB), chunk.chunk_id) <= 1000 * (now(redis) + LEASE)
    wait_until(lambda: reclaim(redis, JOB, GRACE).queued == 1, seconds=10)
    assert acquire(ledger, chunk) == "acquired"


def test_a_submitter_that_died_before_the_step_is_detected_in_time(
    client: Client, ledger: Ledger, step: Callable[[int], None]
) -> None:
    queued(client, ledger, 0)
    step(-HOUR)
    redis: Any = client.redis
    wait_until(lambda: redis.pttl(keys.submitter(JOB)) > HOUR * 500)
    assert not reclaim(redis, JOB, GRACE).needs_repair
    assert redis.pttl(keys.submitter(JOB)) <= 1000 * keys.SUBMITTER_SECONDS


def test_the_reconciler_continues_and_doctor_reports_the_step(
    client: Client, step: Callable[[int], None]
) -> None:
    redis: Any = client.redis
    announce(
        redis,
        WorkerInfo(worker_id="gone:1", processes=1, model="m", threshold=0.5, started=0, seen=0),
    )
    reclaim_all(redis, 2)
    assert last_step(redis) is None
    step(-HOUR)
    wait_until(lambda: redis.pttl(keys.lock(LOCK)) > HOUR * 500)
    reclaim_all(redis, 2)
    assert redis.pttl(keys.lock(LOCK)) <= 2000
    assert redis.pttl(keys.worker("gone:1")) <= 1000 * keys.WORKER_SECONDS
    found = last_step(redis)
    assert found is not None
    assert abs(found.seconds - HOUR) < 30
    told = servers.clock(redis)
    assert told.state is not CheckState.OK
    assert "stepped back by 3" in told.says

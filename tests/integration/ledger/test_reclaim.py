"""The reconciler queues lost chunks again and leaves late ones alone."""

from __future__ import annotations

import time
from typing import Any

import pytest

from glasses.client import Client
from glasses.ledger import Ledger, keys, reclaim
from glasses.ledger.partitions import list_name, partition_of
from glasses.ledger.queue import PRIORITY_BULK, PRIORITY_SMALL, depth, send_chunk
from glasses.protocol.schemas import ChunkMessage, JobSpec

JOB = "abcdefgh"
GRACE = 0.05


@pytest.fixture
def ledger(client: Client) -> Ledger:
    found = Ledger(client.redis)
    found.create(spec(), None, None)
    return found


def spec() -> JobSpec:
    return JobSpec(
        job_id=JOB, name="test", created=time.time(), chunk_size=4, retention_seconds=3600
    )


def opened(ledger: Ledger, start: int, priority: int = PRIORITY_BULK) -> ChunkMessage:
    chunk = ChunkMessage(job_id=JOB, start=start, count=4)
    ledger.enqueue(chunk, priority)
    time.sleep(0.005)  # the order of queueing has a resolution of 1 ms
    return chunk


def begin(ledger: Ledger, chunk: ChunkMessage, lease: float = 10) -> None:
    begun = ledger.acquire(chunk, model="m", threshold=0.5, lease_seconds=lease, max_attempts=3)
    assert begun.answer == "acquired"


def test_waiting_chunks_of_a_long_backlog_are_not_queued_again(
    client: Client, ledger: Ledger
) -> None:
    for start in range(0, 40, 4):
        send_chunk(client.redis, opened(ledger, start), PRIORITY_BULK)
    time.sleep(0.1)
    assert reclaim(client.redis, JOB, GRACE).queued == 0
    assert depth(client.redis) == 10


def test_a_message_that_was_overtaken_is_taken_for_lost(client: Client, ledger: Ledger) -> None:
    opened(ledger, 0)
    later = opened(ledger, 4)
    last = opened(ledger, 8)
    send_chunk(client.redis, last, PRIORITY_BULK)
    begin(ledger, later)
    time.sleep(0.1)
    assert reclaim(client.redis, JOB, GRACE).queued == 1
    assert depth(client.redis) == 2
    assert reclaim(client.redis, JOB, GRACE).queued == 0, "it has just been queued again"


def test_overtaking_in_another_priority_does_not_count(client: Client, ledger: Ledger) -> None:
    send_chunk(client.redis, opened(ledger, 0), PRIORITY_BULK)
    begin(ledger, opened(ledger, 4, PRIORITY_SMALL))
    time.sleep(0.1)
    assert reclaim(client.redis, JOB, GRACE).queued == 0


def test_chunks_missing_from_an_empty_queue_are_queued_again(
    client: Client, ledger: Ledger
) -> None:
    opened(ledger, 0)
    opened(ledger, 4, PRIORITY_SMALL)
    time.sleep(0.1)
    assert reclaim(client.redis, JOB, GRACE).queued == 2
    assert depth(client.redis) == 2


def test_a_chunk_whose_lease_expired_is_queued_again_ahead_of_others(
    client: Client, ledger: Ledger
) -> None:
    chunk = opened(ledger, 0)
    begin(ledger, chunk, lease=0.02)
    time.sleep(0.05)
    assert reclaim(client.redis, JOB, GRACE).queued == 1
    redis: Any = client.redis
    assert redis.llen(list_name(partition_of(JOB), PRIORITY_SMALL)) == 1, "at the first priority"
    assert redis.zcard(keys.leases(JOB)) == 0
    begin(ledger, chunk)


def test_a_leased_chunk_is_not_queued_again(client: Client, ledger: Ledger) -> None:
    begin(ledger, opened(ledger, 0))
    time.sleep(0.1)
    assert reclaim(client.redis, JOB, GRACE).queued == 0

"""The reconciler: what is lost is queued again, what is merely late is not."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from celery import Celery

from glasses import keys
from glasses.client import Client
from glasses.lanes import lane, list_name
from glasses.ledger import Ledger, reclaim
from glasses.queue import PRIORITY_BULK, PRIORITY_SMALL, depth, make_app, send_chunk
from glasses.schemas import ChunkMessage, JobSpec

JOB = "abcdefgh"
GRACE = 0.05


@pytest.fixture
def app(client: Client) -> Iterator[Celery]:
    found = make_app(client.settings)
    yield found
    client.redis.flushdb()
    found.close()


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
    ledger.open(spec(), chunk, priority)
    time.sleep(0.005)  # the order of queueing is told in ms
    return chunk


def begin(ledger: Ledger, chunk: ChunkMessage, lease: float = 10) -> None:
    begun = ledger.begin(
        chunk, model="m", threshold=0.5, lease_seconds=lease, max_attempts=3, ttl=3600
    )
    assert begun.answer == "begun"


def test_a_long_backlog_is_not_duplicated(client: Client, ledger: Ledger, app: Celery) -> None:
    for start in range(0, 40, 4):
        send_chunk(app, opened(ledger, start), PRIORITY_BULK)
    time.sleep(0.1)
    assert reclaim(client.redis, app, JOB, GRACE) == 0
    assert depth(client.redis) == 10


def test_a_message_that_was_overtaken_is_lost(client: Client, ledger: Ledger, app: Celery) -> None:
    opened(ledger, 0)
    later = opened(ledger, 4)
    last = opened(ledger, 8)
    send_chunk(app, last, PRIORITY_BULK)
    begin(ledger, later)
    time.sleep(0.1)
    assert reclaim(client.redis, app, JOB, GRACE) == 1
    assert depth(client.redis) == 2
    assert reclaim(client.redis, app, JOB, GRACE) == 0, "it has just been queued again"


def test_overtaking_in_another_priority_means_nothing(
    client: Client, ledger: Ledger, app: Celery
) -> None:
    send_chunk(app, opened(ledger, 0), PRIORITY_BULK)
    begin(ledger, opened(ledger, 4, PRIORITY_SMALL))
    time.sleep(0.1)
    assert reclaim(client.redis, app, JOB, GRACE) == 0


def test_what_waits_for_an_empty_queue_is_lost(client: Client, ledger: Ledger, app: Celery) -> None:
    opened(ledger, 0)
    opened(ledger, 4, PRIORITY_SMALL)
    time.sleep(0.1)
    assert reclaim(client.redis, app, JOB, GRACE) == 2
    assert depth(client.redis) == 2


def test_a_chunk_whose_lease_ended_is_queued_again_ahead_of_others(
    client: Client, ledger: Ledger, app: Celery
) -> None:
    chunk = opened(ledger, 0)
    begin(ledger, chunk, lease=0.02)
    time.sleep(0.05)
    assert reclaim(client.redis, app, JOB, GRACE) == 1
    redis: Any = client.redis
    assert redis.llen(list_name(lane(JOB), PRIORITY_SMALL)) == 1, "at the first priority"
    assert redis.zcard(keys.due(JOB)) == 0
    begin(ledger, chunk)


def test_a_chunk_under_lease_is_left_alone(client: Client, ledger: Ledger, app: Celery) -> None:
    begin(ledger, opened(ledger, 0))
    time.sleep(0.1)
    assert reclaim(client.redis, app, JOB, GRACE) == 0

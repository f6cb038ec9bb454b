"""Acknowledgement is local, and time limits outlive a lost connection."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import celery.worker.components
import pytest
from celery.concurrency.asynpool import AsynPool
from kombu import Connection, Queue
from kombu.transport import redis as stock

from glasses.client import Client
from glasses.ledger.partitions import PRIORITY_BULK, PRIORITY_STEPS, list_name, partition_of
from glasses.ledger.queue import QUEUE, depth, send_chunk
from glasses.protocol.schemas import ChunkMessage
from tests.support.proxy import Proxy, proxy
from worker.service.celery_patches import Channel, keep_running_chunks

CHUNK = ChunkMessage(job_id="abcdefgh", start=0, count=1)
LIST = list_name(partition_of(CHUNK.job_id), PRIORITY_BULK)


@pytest.fixture
def network(client: Client) -> Iterator[Proxy]:
    assert client.settings.redis_url
    with proxy(urlsplit(client.settings.redis_url.get_secret_value()).port or 0) as found:
        yield found


@pytest.fixture
def connection(
    client: Client, network: Proxy, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Connection]:
    monkeypatch.setattr(stock.Transport, "Channel", Channel)
    assert client.settings.redis_url
    url = client.settings.redis_url.get_secret_value()
    options = {"priority_steps": PRIORITY_STEPS}
    with Connection(re.sub(r":\d+/", f":{network.port}/", url), transport_options=options) as found:
        yield found
    client.redis.flushdb()


def received(client: Client, connection: Connection) -> Any:
    """Return a chunk's message as received by a worker with a prefetch of one."""
    send_chunk(client.redis, CHUNK, PRIORITY_BULK)
    found: list[Any] = []
    consumer = connection.Consumer(
        [Queue(QUEUE, no_declare=True)], on_message=found.append, prefetch_count=1
    )
    consumer.consume()
    connection.drain_events(timeout=10)
    (message,) = found
    assert depth(client.redis) == 0
    assert not message.channel.qos.can_consume()
    return message


def test_acknowledging_needs_no_redis(
    client: Client, connection: Connection, network: Proxy
) -> None:
    message = received(client, connection)
    network.cut()
    message.ack()
    assert message.channel.qos.can_consume()


def test_a_message_that_cannot_be_requeued_does_not_block_the_worker(
    client: Client, connection: Connection, network: Proxy
) -> None:
    message = received(client, connection)
    network.cut()
    message.requeue()
    assert message.channel.qos.can_consume()


def test_a_message_is_requeued_in_its_list(client: Client, connection: Connection) -> None:
    redis: Any = client.redis
    message = received(client, connection)
    message.requeue()
    assert redis.llen(LIST) == 1
    assert redis.keys() == [LIST]


def test_a_message_of_a_closed_channel_is_requeued_once(
    client: Client, connection: Connection
) -> None:
    redis: Any = client.redis
    message = received(client, connection)
    message.channel.close()
    assert redis.llen(LIST) == 1
    message.requeue()
    assert redis.llen(LIST) == 1


def test_foreign_entries_in_unacked_are_not_read(client: Client, connection: Connection) -> None:
    redis: Any = client.redis
    for key in ("unacked", "unacked_index", "_kombu.binding.glasses"):
        redis.set(key, "of another type")
    message = received(client, connection)
    message.ack()
    redis.delete("unacked", "unacked_index", "_kombu.binding.glasses")


def test_time_limits_of_running_chunks_outlive_a_lost_connection() -> None:
    keep_running_chunks()
    timer = celery.worker.components._Timer()
    pool = object.__new__(AsynPool)
    timer.call_after(0, pool._on_hard_timeout, (1,))
    timer.call_repeatedly(0, pool.maintain_pool)
    timer.call_after(9, pool._on_soft_timeout, (2, 9, 19, None))
    timer.clear()  # as Celery's event loop does after an error
    assert [event.entry.args for event in timer.queue] == [(1,), (2, 9, 19, None)]
    _, first = next(iter(timer))
    assert first.args == (1,)

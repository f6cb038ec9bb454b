"""The queue: Celery messages in Redis lists.

Messages are written here instead of by Celery's client: one LPUSH per message, on the connection of
all other commands, with the same retries and errors. Workers do not trust what they take from the
queue: `worker.service.broker` rebuilds each message with `envelope`.
"""

from __future__ import annotations

import base64
import json
import uuid
from typing import Any, Final

from redis import Redis

from glasses.ledger.partitions import (
    PRIORITY_BULK,
    PRIORITY_SMALL,
    PRIORITY_STEPS,
    QUEUE,
    depths,
    list_name,
    partition_of,
    queue_name,
)
from glasses.protocol.schemas import ChunkMessage

__all__ = ["PRIORITY_BULK", "PRIORITY_SMALL", "PRIORITY_STEPS", "QUEUE"]

CLASSIFY_CHUNK: Final = "glasses.classify_chunk"
"""Task with the argument `[ChunkMessage]`. The name is an API between versions."""
REPAIR: Final = "glasses.repair"
"""Task with the argument `[job id]`, or `[null]` to compare every job with the object store."""
EXPIRE: Final = "glasses.expire"
"""Task with the argument `[null]`. Deletes what has expired (`glasses.jobs.expiry`)."""
PING: Final = "glasses.ping"
"""Task with the argument `[token]`. Sets `keys.ping(token)`."""


def envelope(task: str, argument: object, number: int, priority: int) -> dict[str, Any]:
    """Return a message for Celery (message protocol 2) in the format of kombu's Redis transport.

    Args:
        task: The task's name.
        argument: The task's only argument; JSON.
        number: The partition.
        priority: One of `PRIORITY_STEPS`.
    """
    task_id = str(uuid.uuid4())
    body = json.dumps([[argument], {}, {}])
    return {
        "body": base64.b64encode(body.encode()).decode(),
        "content-type": "application/json",
        "content-encoding": "utf-8",
        "headers": {"lang": "py", "task": task, "id": task_id, "root_id": task_id},
        "properties": {
            "body_encoding": "base64",
            "correlation_id": task_id,
            "delivery_info": {"exchange": "", "routing_key": queue_name(number)},
            "delivery_mode": 2,
            "delivery_tag": task_id,
            "priority": priority,
        },
    }


def send_chunk(redis: Redis, chunk: ChunkMessage, priority: int) -> None:
    """Queue a chunk. After a lost connection it may be queued twice, which the ledger detects.

    Raises:
        redis.RedisError: Redis failed.
    """
    _send(redis, CLASSIFY_CHUNK, chunk.model_dump(), partition_of(chunk.job_id), priority)


def send_repair(redis: Redis, job_id: str | None) -> None:
    """Queue the repair of a job, or of all jobs if `job_id` is None (`glasses.jobs.recovery`).

    Raises:
        redis.RedisError: Redis failed.
    """
    _send(redis, REPAIR, job_id, 0, PRIORITY_SMALL)


def send_expire(redis: Redis) -> None:
    """Queue the deletion of expired jobs.

    Raises:
        redis.RedisError: Redis failed.
    """
    _send(redis, EXPIRE, None, 0, PRIORITY_SMALL)


def send_ping(redis: Redis, token: str) -> None:
    """Queue a ping, which a worker answers by setting `keys.ping(token)`.

    Raises:
        redis.RedisError: Redis failed.
    """
    _send(redis, PING, token, 0, PRIORITY_SMALL)


def _send(redis: Redis, task: str, argument: object, number: int, priority: int) -> None:
    message = json.dumps(envelope(task, argument, number, priority))
    redis.lpush(list_name(number, priority), message)


def depth(redis: Any, number: int | None = None) -> int:
    """Return the number of messages that no worker has taken, in one partition or in all."""
    return sum(count for (each, _), count in depths(redis).items() if number in {None, each})

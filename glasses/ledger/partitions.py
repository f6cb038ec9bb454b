"""Partitions: several queues, served round-robin, that let jobs share the workers.

All chunks of a job go through one partition, which is derived from the job id. A new job gets an id
in the least loaded partition. Within a partition, each priority is first in, first out.
"""

from __future__ import annotations

import random
import secrets
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any
from zlib import crc32

from redis import Redis

QUEUE = "glasses"
PARTITIONS = 8
"""If more jobs than this run at once, some share a partition and wait for each other."""
PRIORITY_SMALL = 0
"""Lower numbers are served first, across all partitions."""
PRIORITY_BULK = 6
PRIORITY_STEPS = [PRIORITY_SMALL, PRIORITY_BULK]

_ID_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
_SEPARATOR = "\x06\x16"
"""Kombu's separator between a queue's name and a priority."""


def partition_of(job_id: str) -> int:
    """Return the partition of a job. All versions must agree on it: the reconciler relies on it."""
    return crc32(job_id.encode()) % PARTITIONS


def queue_name(partition: int) -> str:
    """Return the name of a partition's queue. Queue 0 also carries all other messages."""
    return f"{QUEUE}.{partition}" if partition else QUEUE


def list_name(partition: int, priority: int) -> str:
    """Return the name of the Redis list with a partition's messages of one priority."""
    return queue_name(partition) + (f"{_SEPARATOR}{priority}" if priority else "")


def depths(redis: Redis) -> dict[tuple[int, int], int]:
    """Return the number of messages that no worker has taken, by partition and priority."""
    queues = [(number, priority) for number in range(PARTITIONS) for priority in PRIORITY_STEPS]
    any_redis: Any = redis
    with any_redis.pipeline(transaction=False) as pipe:
        for number, priority in queues:
            pipe.llen(list_name(number, priority))
        return dict(zip(queues, map(int, pipe.execute()), strict=True))


def new_job_id(redis: Redis, open_job_ids: Iterable[str]) -> str:
    """Return a random id in the partition with the fewest messages, then with the fewest jobs."""
    messages: Counter[int] = Counter()
    for (number, _), depth in depths(redis).items():
        messages[number] += depth
    jobs = Counter(partition_of(job_id) for job_id in open_job_ids)
    best = least_loaded([(messages[number], jobs[number]) for number in range(PARTITIONS)])
    while True:
        job_id = "".join(secrets.choice(_ID_ALPHABET) for _ in range(8))
        if partition_of(job_id) == best:
            return job_id


def least_loaded(load: Sequence[tuple[int, int]]) -> int:
    """Return the partition with the least load; a random one of several."""
    return random.choice([number for number, each in enumerate(load) if each == min(load)])

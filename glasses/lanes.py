"""Lanes: several queues, served in turn, so that jobs share the workers.

A job's chunks all go through one lane, which follows from its id; a new job takes an id whose lane
has least to do. Within a lane chunks are first in, first out, by priority.
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
LANES = 8
"""More jobs than this at a time share lanes, and wait for each other there."""
PRIORITY_SMALL = 0
"""Redis serves the lowest number first, of all lanes."""
PRIORITY_BULK = 6
PRIORITY_STEPS = [PRIORITY_SMALL, PRIORITY_BULK]

_ID_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
_SEPARATOR = "\x06\x16"
"""Kombu's, between a queue and a priority."""


def lane(job_id: str) -> int:
    """The lane of a job. Part of the contract between versions: the reconciler relies on it."""
    return crc32(job_id.encode()) % LANES


def queue_name(lane: int) -> str:
    """The queue of a lane. The first one is also the way of all other messages."""
    return f"{QUEUE}.{lane}" if lane else QUEUE


def list_name(lane: int, priority: int) -> str:
    """The list in Redis that holds a lane's messages of one priority."""
    return queue_name(lane) + (f"{_SEPARATOR}{priority}" if priority else "")


def depths(redis: Redis) -> dict[tuple[int, int], int]:
    """Messages that no worker has taken, by lane and priority."""
    places = [(number, priority) for number in range(LANES) for priority in PRIORITY_STEPS]
    any_redis: Any = redis
    with any_redis.pipeline(transaction=False) as pipe:
        for place in places:
            pipe.llen(list_name(*place))
        return dict(zip(places, map(int, pipe.execute()), strict=True))


def new_job_id(redis: Redis, open_job_ids: Iterable[str]) -> str:
    """A random id, in the lane with the fewest messages; of several, with the fewest jobs."""
    waiting: Counter[int] = Counter()
    for (number, _), depth in depths(redis).items():
        waiting[number] += depth
    jobs = Counter(lane(job_id) for job_id in open_job_ids)
    best = quietest([(waiting[number], jobs[number]) for number in range(LANES)])
    while True:
        job_id = "".join(secrets.choice(_ID_ALPHABET) for _ in range(8))
        if lane(job_id) == best:
            return job_id


def quietest(load: Sequence[tuple[int, int]]) -> int:
    """The lane with the least load; one of them if there are several."""
    return random.choice([number for number, each in enumerate(load) if each == min(load)])

"""What stands in Redis at a moment, in numbers: photos, jobs, chunks, workers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from redis import Redis

from glasses import keys
from glasses.lanes import PRIORITY_STEPS, depths
from glasses.ledger import Ledger
from glasses.statuses import TERMINAL_JOB_STATES, JobState, PhotoStatus
from glasses.workers import WorkerInfo, live_workers, redis_time

UNACKED = "unacked"
"""Kombu's hash of the messages that workers have taken and not finished."""


@dataclass(frozen=True, slots=True)
class Census:
    """Counts over all jobs that have not expired.

    Attributes:
        photos: By status, and `pending`.
        jobs: By state.
        queued: Messages that no worker has taken, by lane and priority.
        unacked: Messages that workers have taken.
        waiting: Chunks that wait for a worker, by the ledger.
        running: Chunks under lease.
        oldest_seconds: For how long the oldest waiting chunk has been queued; 0 if none waits.
        workers: Those that live.
    """

    photos: dict[str, int]
    jobs: dict[str, int]
    queued: dict[tuple[int, int], int]
    unacked: int
    waiting: int
    running: int
    oldest_seconds: float
    workers: list[WorkerInfo]


def take_census(redis: Redis) -> Census:
    """Count; costs a few round trips, however many photos there are.

    Raises:
        redis.RedisError: Redis failed.
    """
    any_redis: Any = redis
    ids = Ledger(redis).job_ids()
    fields = ["state", "submitted", *PhotoStatus]
    with any_redis.pipeline(transaction=False) as pipe:
        for job_id in ids:
            pipe.hmget(keys.job(job_id), fields)
        jobs = [dict(zip(fields, values, strict=True)) for values in pipe.execute()]
    photos: Counter[str] = Counter(dict.fromkeys([*PhotoStatus, "pending"], 0))
    states: Counter[str] = Counter(dict.fromkeys(JobState, 0))
    for job in jobs:
        ended = {status: int(job[status] or 0) for status in PhotoStatus}
        photos.update(ended)
        photos["pending"] += int(job["submitted"] or 0) - sum(ended.values())
        states[str(job["state"])] += 1
    open_ids = [
        job_id
        for job_id, job in zip(ids, jobs, strict=True)
        if job["state"] not in TERMINAL_JOB_STATES
    ]
    waiting, running, oldest = _chunks(any_redis, open_ids)
    return Census(
        photos=dict(photos),
        jobs=dict(states),
        queued=depths(redis),
        unacked=int(any_redis.hlen(UNACKED)),
        waiting=waiting,
        running=running,
        oldest_seconds=max(0.0, redis_time(redis) - oldest / 1000) if oldest else 0.0,
        workers=live_workers(redis),
    )


def _chunks(redis: Any, job_ids: list[str]) -> tuple[int, int, float]:
    """Waiting and running chunks, and when the oldest waiting one was queued (ms; 0 if none)."""
    with redis.pipeline(transaction=False) as pipe:
        for job_id in job_ids:
            pipe.zcard(keys.due(job_id))
            for priority in PRIORITY_STEPS:
                name = keys.waiting(job_id, priority)
                pipe.zcard(name)
                pipe.zrange(name, 0, 0, withscores=True)
        answers = pipe.execute()
    step = 1 + 2 * len(PRIORITY_STEPS)
    running = sum(answers[0::step])
    waiting = sum(answers[at] for at in range(len(answers)) if at % step % 2 == 1)
    firsts = [answers[at] for at in range(len(answers)) if at % step and at % step % 2 == 0]
    return waiting, running, min((found[0][1] for found in firsts if found), default=0.0)

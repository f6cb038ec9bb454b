"""Queue statistics: counts of photos, jobs, chunks and workers at one moment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from redis import Redis

from glasses.errors import UsageError
from glasses.ledger import Ledger, keys
from glasses.ledger.partitions import PRIORITY_STEPS, depths
from glasses.ledger.workers import WorkerInfo, live_workers, redis_time
from glasses.protocol.statuses import (
    INACTIVE_JOB_STATES,
    TERMINAL_JOB_STATES,
    JobState,
    PhotoStatus,
)

_QUEUED_FIELD = 4
"""Index of the queueing time (ms) in a chunk's record, see `lua/prelude.lua`."""


@dataclass(frozen=True, slots=True)
class QueueStats:
    """Counts over all jobs that have not expired.

    Attributes:
        photos: Photos by status, and `pending`; those of paused jobs as `paused`.
        jobs: Jobs by state.
        queued: Messages that no worker has taken, by partition and priority.
        waiting: Chunks that the ledger has as queued, without those of paused jobs.
        running: Leased chunks.
        suspended: Chunks whose job is paused, or that no live worker can process.
        oldest_seconds: Age of the oldest waiting chunk; 0 if none is.
        workers: Live workers.
    """

    photos: dict[str, int]
    jobs: dict[str, int]
    queued: dict[tuple[int, int], int]
    waiting: int
    running: int
    suspended: int
    oldest_seconds: float
    workers: list[WorkerInfo]


def collect_queue_stats(redis: Redis) -> QueueStats:
    """Collect the statistics in a few round trips, whatever the number of photos.

    Raises:
        redis.RedisError: Redis failed.
    """
    any_redis: Any = redis
    ledger = Ledger(redis)
    jobs = []
    for job_id in ledger.job_ids():
        with suppress(UsageError):  # submitted by a newer version, or just removed
            jobs.append(ledger.status(job_id))
    photos: Counter[str] = Counter(dict.fromkeys([*PhotoStatus, "pending", "paused"], 0))
    states: Counter[str] = Counter(dict.fromkeys(JobState, 0))
    for job in jobs:
        photos.update({status: getattr(job, status) for status in PhotoStatus})
        photos["pending" if job.paused is None else "paused"] += job.pending
        states[job.state] += 1
    open_ids = [job.job_id for job in jobs if job.state not in TERMINAL_JOB_STATES]
    active_ids = [job.job_id for job in jobs if job.state not in INACTIVE_JOB_STATES]
    running = _count(any_redis, map(keys.leases, open_ids))
    waiting, oldest = _count_waiting(any_redis, active_ids)
    return QueueStats(
        photos=dict(photos),
        jobs=dict(states),
        queued=depths(redis),
        waiting=waiting,
        running=running,
        suspended=_count(any_redis, map(keys.suspended, open_ids)),
        oldest_seconds=max(0.0, redis_time(redis) - oldest / 1000) if oldest else 0.0,
        workers=live_workers(redis),
    )


def _count(redis: Any, names: Iterable[str]) -> int:
    """Return the number of members of zsets."""
    with redis.pipeline(transaction=False) as pipe:
        for name in names:
            pipe.zcard(name)
        return sum(pipe.execute())


def _count_waiting(redis: Any, job_ids: list[str]) -> tuple[int, float]:
    """Count queued chunks; also return when the oldest was queued (ms; 0 if none)."""
    with redis.pipeline(transaction=False) as pipe:
        queues = [(job_id, priority) for job_id in job_ids for priority in PRIORITY_STEPS]
        for job_id, priority in queues:
            pipe.zcard(keys.pending(job_id, priority))
            pipe.zrange(keys.pending(job_id, priority), 0, 0)
        answers = pipe.execute()
        for (job_id, _), first in zip(queues, answers[1::2], strict=True):
            if first:
                pipe.hget(keys.chunks(job_id), first[0])
        records = pipe.execute()
    queued_at = [float(record.split()[_QUEUED_FIELD]) for record in records if record]
    return sum(answers[::2]), min(queued_at, default=0.0)

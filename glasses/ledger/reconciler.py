"""The reconciler: queues chunks again that are neither done, nor queued, nor running.

It runs in the parent process of a worker, which forks and must not use the object store. Repairs
that need the manifest are therefore left to a pool process (`glasses.jobs.recovery`).
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any, NamedTuple

from redis import Redis

from glasses.errors import UnreadableJobError
from glasses.ledger import keys
from glasses.ledger.clock import is_locked, tick
from glasses.ledger.expiry_schedule import is_due
from glasses.ledger.ledger import Ledger
from glasses.ledger.partitions import partition_of
from glasses.ledger.queue import depth, send_chunk, send_expire, send_repair
from glasses.ledger.scripts import Scripts
from glasses.ledger.workers import live_workers
from glasses.protocol.schemas import SCHEMA_VERSION, ChunkMessage

GRACE_SECONDS = 10
"""A message younger than this is not considered lost."""
RECLAIM_LIMIT = 1000
"""Chunks of one job that are queued again at a time."""
LOCK = f"reconciler:{SCHEMA_VERSION}"
"""One lock per schema: an older worker ignores newer jobs and must not block a newer reconciler."""
REPAIR_SECONDS = 10
"""A requested repair is requested again after this time, until it is done."""
REPAIR_LOCK_SECONDS = 10
"""TTL of the lock of a repair: a killed repair blocks others for this long."""


class Reclaimed(NamedTuple):
    """The result of reconciling a job."""

    queued: int
    """Lost chunks that were queued again."""
    needs_repair: bool
    """The job can only be continued from its manifest."""


def reclaim_all(redis: Redis, hold_seconds: float) -> int:
    """Reconcile all open jobs, unless another worker did so within `hold_seconds`.

    Jobs with a newer schema are left to workers that support it.

    Returns:
        How many chunks were queued again.

    Raises:
        redis.RedisError: Redis failed.
    """
    if not tick(redis, LOCK, hold_seconds):
        return 0
    any_redis: Any = redis
    if run_id(redis) != any_redis.get(keys.AUDITED):
        _request_repair(redis, None)
    if is_due(redis):
        send_expire(redis)
    queued = 0
    for job_id in Ledger(redis).open_job_ids():
        # An unreadable job must not prevent the others from being reconciled.
        with suppress(UnreadableJobError):
            reclaimed = reclaim(redis, job_id)
            queued += reclaimed.queued
            if reclaimed.needs_repair:
                _request_repair(redis, job_id)
    return queued


def run_id(redis: Redis) -> str:
    """Return the server's run id, which changes at each restart: a restart may lose data."""
    any_redis: Any = redis
    return str(any_redis.info("server")["run_id"])


def reclaim(redis: Redis, job_id: str, grace_seconds: float = GRACE_SECONDS) -> Reclaimed:
    """Queue a job's lost chunks again.

    Raises:
        UnreadableJobError: A newer version submitted the job.
    """
    ledger = Ledger(redis)
    if ledger.spec(job_id) is None:
        return Reclaimed(0, False)
    models = {worker.model for worker in live_workers(redis)}
    # If no live worker has its model, `glasses.ledger.stall_reason` reports it to the user.
    model_is_served = not models or (ledger.model(job_id) or "") in models | {""}
    needs_repair, *answer = Scripts(redis).on_job(
        "reclaim",
        job_id,
        grace=round(grace_seconds * 1000),
        empty=depth(redis, partition_of(job_id)) == 0,
        limit=RECLAIM_LIMIT,
        model_is_served=model_is_served,
    )
    pairs = list(zip(answer[::2], answer[1::2], strict=True))
    for chunk_id, priority in pairs:
        send_chunk(redis, ChunkMessage.of(job_id, chunk_id), int(priority))
    return Reclaimed(len(pairs), bool(needs_repair))


def repair_lock(job_id: str | None) -> str:
    """Return the name of the lock that the repair of a job, or of all jobs, holds."""
    return f"repair:{job_id}" if job_id else "audit"


def _request_repair(redis: Redis, job_id: str | None) -> None:
    any_redis: Any = redis
    requested = f"requested:{repair_lock(job_id)}"
    if is_locked(redis, repair_lock(job_id), REPAIR_LOCK_SECONDS):
        return  # a repair is running
    if is_locked(redis, requested, REPAIR_SECONDS):
        return
    if any_redis.set(keys.lock(requested), "1", nx=True, ex=REPAIR_SECONDS):
        send_repair(redis, job_id)

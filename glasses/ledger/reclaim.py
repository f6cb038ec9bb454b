"""The reconciler: chunks that are neither done, nor queued, nor running are queued again."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from redis import Redis

from glasses import keys
from glasses.errors import UnreadableJobError
from glasses.lanes import lane
from glasses.ledger.ledger import Ledger
from glasses.ledger.scripts import Scripts
from glasses.queue import PRIORITY_STEPS, depth, send_chunk
from glasses.schemas import SCHEMA_VERSION, ChunkMessage
from glasses.workers import live_workers

if TYPE_CHECKING:
    from celery import Celery

GRACE_SECONDS = 10
"""A message that was sent so recently is not looked for."""
LIMIT = 1000
"""Chunks of one job that are queued again at a time."""
LOCK = f"reconciler:{SCHEMA_VERSION}"
"""One a schema: an older worker, which leaves newer jobs alone, must not keep a newer one away."""


def reclaim_all(redis: Redis, app: Celery, hold_seconds: float) -> int:
    """Reconcile every job, unless somebody did so within `hold_seconds`; how many chunks.

    Jobs of a newer schema are left to the workers that know it.

    Raises:
        redis.RedisError, kombu.exceptions.OperationalError: Redis is out of reach.
    """
    if not redis.set(keys.lock(LOCK), "1", nx=True, px=round(hold_seconds * 1000)):
        return 0
    found = 0
    for job_id in Ledger(redis).open_job_ids():
        # One such job must not keep the others from being reconciled.
        with suppress(UnreadableJobError):
            found += reclaim(redis, app, job_id)
    return found


def reclaim(redis: Redis, app: Celery, job_id: str, grace_seconds: float = GRACE_SECONDS) -> int:
    """Queue a job's lost chunks again, seal it if its submitter died; returns how many chunks.

    Raises:
        UnreadableJobError: A newer version submitted the job.
    """
    spec = Ledger(redis).spec(job_id)
    if spec is None:
        return 0
    Ledger(redis).seal_abandoned(job_id)
    models = {worker.model for worker in live_workers(redis)}
    if models and (Ledger(redis).model(job_id) or "") not in models | {""}:
        return 0  # Nobody could take its chunks; `glasses.blockage` tells the user.
    any_redis: Any = redis
    empty = depth(any_redis, lane(job_id)) == 0
    answer = Scripts(redis)(
        "reclaim",
        [
            keys.chunks(job_id),
            keys.due(job_id),
            keys.begun(lane(job_id)),
            *(keys.waiting(job_id, priority) for priority in PRIORITY_STEPS),
        ],
        [round(grace_seconds * 1000), "01"[empty], spec.retention_seconds, LIMIT, *PRIORITY_STEPS],
    )
    pairs = list(zip(answer[::2], answer[1::2], strict=True))
    for chunk_id, priority in pairs:
        send_chunk(app, ChunkMessage.of(job_id, chunk_id), int(priority))
    return len(pairs)

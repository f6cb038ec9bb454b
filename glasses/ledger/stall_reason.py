"""Stall reason: why no worker processes a job."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from redis import Redis

from glasses.config.local_stack import start_workers_hint
from glasses.config.settings import Settings
from glasses.ledger import keys
from glasses.ledger.workers import live_workers
from glasses.protocol.schemas import JobStatus
from glasses.protocol.statuses import TERMINAL_JOB_STATES


def stall_reason(settings: Settings, redis: Redis, status: JobStatus) -> str | None:
    """Return what a job waits for and what to do about it; None if workers can process it."""
    if status.paused is not None:
        return (
            f"it has been paused since {_local_time(status.paused)}: `glasses resume "
            f"{status.job_id}` continues it. It expires on {_local_time(status.expires)}"
        )
    if status.state in TERMINAL_JOB_STATES or not status.pending:
        return None
    workers = live_workers(redis)
    if not workers:
        return f"no worker is running: start some ({start_workers_hint(settings)})"
    known = max(worker.schema_version for worker in workers)
    if status.schema_version > known:
        return (
            f"it needs workers that support schema {status.schema_version}, and those running "
            f"support {known}: start workers of the version that submitted it"
        )
    models = {worker.model for worker in workers}
    if status.model and status.model not in models:
        return (
            f"it is bound to the model {status.model}, and the running workers have "
            f"{', '.join(sorted(models))}: start a worker with its model, or `glasses cancel "
            f"{status.job_id}` and submit again"
        )
    any_redis: Any = redis
    trouble: str | None = any_redis.get(keys.trouble(status.job_id))
    return trouble and f"a worker returned photos to the queue: {trouble}"


def _local_time(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds).astimezone():%Y-%m-%d %H:%M}"

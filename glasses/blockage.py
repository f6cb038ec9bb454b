"""Why a job does not get on, when the reason is that no worker may take it."""

from __future__ import annotations

from redis import Redis

from glasses.local_stack import starts_workers
from glasses.schemas import JobStatus
from glasses.settings import Settings
from glasses.statuses import TERMINAL_JOB_STATES
from glasses.workers import live_workers


def blockage(settings: Settings, redis: Redis, status: JobStatus) -> str | None:
    """What a job waits for, in words, and what to do; None if workers may take its photos."""
    if status.state in TERMINAL_JOB_STATES or not status.pending:
        return None
    workers = live_workers(redis)
    if not workers:
        return f"no worker runs: start some ({starts_workers(settings)})"
    known = max(worker.schema_version for worker in workers)
    if status.schema_version > known:
        return (
            f"it needs workers that know schema {status.schema_version}, and those that run know "
            f"{known}: start workers of the version that submitted it"
        )
    models = {worker.model for worker in workers}
    if status.model and status.model not in models:
        return (
            f"it is bound to the model {status.model}, and the workers that run have "
            f"{', '.join(sorted(models))}: start a worker with its model, or `glasses cancel "
            f"{status.job_id}` and submit again"
        )
    return None

"""Repair of jobs. It runs in the pool, since requests to the store would block the parent."""

from __future__ import annotations

import logging

from redis.exceptions import RedisError

from glasses.errors import GlassesError
from worker.service.context import context

TIME_LIMIT_SECONDS = 3600
"""A longer repair is killed; the next one continues where it stopped."""

_log = logging.getLogger(__name__)


def run_repair(job_id: str | None) -> None:
    """Repair a job, or all jobs that need it. The reconciler retries what fails.

    Args:
        job_id: The job; None to audit all jobs.
    """
    from glasses.jobs import recovery

    redis, store = context().redis, context().store
    try:
        if job_id is None:
            found = recovery.audit(redis, store)
        else:
            found = [recovery.repair(redis, store, job_id, wait_seconds=0)]
    except recovery.RepairBusyError as error:
        _log.info("repair skipped: %s", error)
        return
    except (GlassesError, RedisError) as error:
        _log.warning("repair failed, will be retried: %s", error)
        return
    for repaired in found:
        _log.warning(
            "repaired job %s: %d photos enqueued, %d lost chunks queued again",
            repaired.job_id,
            repaired.rebuilt,
            repaired.queued,
        )

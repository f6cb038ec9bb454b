"""Repair on demand: what is lost is queued at once, and a lost ledger is rebuilt.

The manifest in the object store says what was submitted. Verdicts live in Redis alone: when that
lost them, the photos are looked at again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from redis import Redis

from glasses import keys
from glasses.errors import InfrastructureError, UnreadableJobError, UsageError
from glasses.find_job import Candidate, candidates, choose, is_id
from glasses.job_files import JobFiles
from glasses.ledger import Ledger, reclaim
from glasses.object_store import JOBS, ObjectStore
from glasses.settings import Settings
from glasses.statuses import JobState
from glasses.submission import Submission
from glasses.workers import common_model

if TYPE_CHECKING:
    from celery import Celery

_LOCK_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Repaired:
    """What was done for a job.

    Attributes:
        job_id: The job.
        rebuilt: Photos entered anew into a ledger that had lost the job.
        queued: Lost chunks queued again, of a job that the ledger knew.
    """

    job_id: str
    rebuilt: int = 0
    queued: int = 0


def stored_jobs(store: ObjectStore) -> list[str]:
    """Ids of all jobs that the object store describes."""
    names = (key.removeprefix(JOBS).split("/") for key in store.keys(JOBS))
    return sorted({name[0] for name in names if name[1:] == ["job.json"]})


def find_stored(redis: Redis, store: ObjectStore, word: str) -> str:
    """The id of the job that a word means, of those that Redis or the object store knows.

    Raises:
        UsageError: None, or more than one, may be meant; names candidates.
    """
    known = candidates(redis)
    files = JobFiles(store)
    if is_id(word) and files.spec(word) is not None:
        return word
    ids = {job.job_id for job in known}
    known += [_stored(files, job_id) for job_id in stored_jobs(store) if job_id not in ids]
    return choose(word, known, "neither Redis nor the object store knows it")


def _stored(files: JobFiles, job_id: str) -> Candidate:
    try:
        spec = files.spec(job_id)
    except UnreadableJobError:
        spec = None
    return Candidate.of(spec) if spec else Candidate(job_id)


def repair(
    settings: Settings, redis: Redis, store: ObjectStore, app: Celery, job_id: str
) -> Repaired:
    """Queue a job's lost chunks at once; rebuild its ledger if Redis lost that.

    Raises:
        UsageError: Neither Redis nor the object store knows the job.
        InfrastructureError: A server failed, or somebody else is rebuilding this job.
    """
    ledger = Ledger(redis)
    spec = JobFiles(store).spec(job_id)
    if ledger.spec(job_id) is not None:
        filled = 0
        status = ledger.status(job_id)
        # Of an incomplete job, the manifest may list photos that were never uploaded.
        if spec is not None and status.state is JobState.RUNNING and status.complete:
            filled = Submission(settings, redis, store, app, spec).fill_gaps()
        return Repaired(job_id, filled, reclaim(redis, app, job_id, grace_seconds=0))
    if spec is None:
        raise UsageError(f"no job {job_id!r}: neither Redis nor the object store knows it")
    with _alone(redis, job_id):
        if ledger.spec(job_id) is None:
            worker = common_model(redis)
            threshold = spec.threshold
            if threshold is None and worker:
                threshold = worker.threshold
            ledger.create(spec, worker.model if worker else None, threshold)
            Submission(settings, redis, store, app, spec).run_again()
    return Repaired(job_id, rebuilt=ledger.status(job_id).submitted)


@contextmanager
def _alone(redis: Redis, job_id: str) -> Iterator[None]:
    any_redis: Any = redis
    lock = keys.lock(f"rebuild:{job_id}")
    if not any_redis.set(lock, "1", nx=True, ex=_LOCK_SECONDS):
        raise InfrastructureError(f"job {job_id} is being rebuilt already; try again later")
    try:
        yield
    finally:
        any_redis.delete(lock)

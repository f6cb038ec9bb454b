"""Expiry: delete jobs, with their photos, when their own retention has passed.

A job expires with its keys in Redis, whose TTL restarts with each verdict. A job that Redis does
not know, because it has expired there or was lost, expires its retention after its last object was
written. Both times are by the clock of the object store: those of submitters and workers may differ
from it. Photos that other jobs need are kept (`glasses.jobs.removal`).

Workers run a round every hour (`glasses.ledger.expiry_schedule`), as do `glasses expire` and the
supervisor of the local stack. A round lists `jobs/`, and reads manifests only if a job has expired.
Once per day it also lists photos, to find those that belong to no job.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from redis import Redis

from glasses.config.settings import Settings
from glasses.errors import UnreadableJobError
from glasses.jobs.orphans import delete_orphans
from glasses.jobs.removal import remove_jobs
from glasses.ledger import keys
from glasses.ledger.expiry_schedule import EVERY_SECONDS, claim_sweep, schedule
from glasses.ledger.owned_lock import OwnedLock, owned_lock
from glasses.storage.bucket import RULE_RETENTIONS, UNFINISHED_DAYS
from glasses.storage.manifest import ManifestStore, StoredJob, stored_jobs
from glasses.storage.object_store import ObjectStore

_LOCK = keys.lock("expiry")
LOCK_SECONDS = 15
"""How long the lock of a killed process remains."""
_SEGMENTS = 400
"""Segments of the jobs that are removed together: at 256 photos each, about 30 MB of memory."""
_RESUME_SECONDS = 3600
"""Age of an interrupted removal that is completed; a younger one may be running."""

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class ExpiryReport:
    """What a round deleted.

    Attributes:
        jobs: Ids of the expired jobs.
        photos: Number of deleted photos.
        kept: Number of photos of these jobs that other jobs need.
        orphans: Number of deleted objects that belonged to no job.
        uploads: Number of aborted multipart uploads.
    """

    jobs: list[str] = field(default_factory=list)
    photos: int = 0
    kept: int = 0
    orphans: int = 0
    uploads: int = 0

    def __str__(self) -> str:
        """Return what was deleted, as a sentence; "" if nothing was."""
        parts = []
        if self.jobs:
            parts.append(f"jobs expired: {' '.join(self.jobs)}; photos deleted: {self.photos}")
        if self.kept:
            parts.append(f"kept for other jobs: {self.kept}")
        if self.orphans:
            parts.append(f"objects without a job deleted: {self.orphans}")
        if self.uploads:
            parts.append(f"unfinished uploads aborted: {self.uploads}")
        return "; ".join(parts)


def expire(settings: Settings, redis: Redis, store: ObjectStore) -> ExpiryReport:
    """Run a round of expiry.

    Args:
        settings: The retention of what has no readable specification.
        redis: Knows which jobs have not expired.
        store: Holds the jobs.

    Raises:
        LockBusyError: Another process is running a round.
        InfrastructureError: The object store is unreachable or rejects a request.
        redis.RedisError: Redis failed.
    """
    with owned_lock(redis, _LOCK, LOCK_SECONDS, wait_seconds=0) as lock:
        report = _Round(settings, redis, store, lock).run()
        schedule(redis, EVERY_SECONDS)
        return report


class _Round:
    def __init__(
        self, settings: Settings, redis: Redis, store: ObjectStore, lock: OwnedLock
    ) -> None:
        self._settings = settings
        self._redis: Any = redis
        self._store = store
        self._manifests = ManifestStore(store)
        self._lock = lock
        self._longest = settings.retention_seconds
        """Longest retention of all jobs, s."""

    def run(self) -> ExpiryReport:
        report = ExpiryReport()
        now = self._store.now()
        for jobs in _batches(self._expired(now)):
            self._lock.check()
            known = self._retentions([job.job_id for job in jobs])
            lost = [job.job_id for job in jobs if known[job.job_id] is None]
            if lost:
                removed = remove_jobs(self._redis, self._store, lost)
                report.jobs += lost
                report.photos += removed.photos
                report.kept += removed.kept
        self._lock.check()
        if claim_sweep(self._redis):
            oldest = now - timedelta(seconds=RULE_RETENTIONS * self._longest)
            report.orphans = delete_orphans(self._store, oldest)
        begun = now - timedelta(days=UNFINISHED_DAYS)
        report.uploads = self._store.abort_uploads(lambda upload: upload.begun < begun)
        return report

    def _expired(self, now: datetime) -> list[StoredJob]:
        jobs = list(stored_jobs(self._store))
        known = self._retentions([job.job_id for job in jobs])
        self._longest = max([self._longest, *(int(each) for each in known.values() if each)])
        return [job for job in jobs if known[job.job_id] is None and self._is_expired(job, now)]

    def _retentions(self, job_ids: Sequence[str]) -> dict[str, str | None]:
        """Return the retention of each job in s; None if Redis does not know the job."""
        with self._redis.pipeline(transaction=False) as pipe:
            for job_id in job_ids:
                pipe.hmget(keys.job(job_id), "retention", "spec")
            answers = pipe.execute()
        # Older versions have no field for the retention.
        return {
            job_id: retention or ("0" if spec else None)
            for job_id, (retention, spec) in zip(job_ids, answers, strict=True)
        }

    def _is_expired(self, job: StoredJob, now: datetime) -> bool:
        """Return whether a job that Redis does not know has expired."""
        age = (now - job.changed).total_seconds()
        if job.is_removed:
            return age >= _RESUME_SECONDS
        retention = self._settings.retention_seconds
        try:
            spec = self._manifests.spec(job.job_id)
            retention = spec.retention_seconds if spec else retention
        except UnreadableJobError as error:
            if self._manifests.is_newer(job.job_id):
                _log.info("left to newer workers: %s", error)
                self._longest = max(self._longest, 365 * 86_400)
                return False
        self._longest = max(self._longest, retention)
        return age >= retention


def _batches(jobs: Sequence[StoredJob]) -> Iterator[list[StoredJob]]:
    """Yield the jobs in batches that need a limited amount of memory."""
    batch: list[StoredJob] = []
    segments = 0
    for job in jobs:
        if batch and segments + len(job.segments) > _SEGMENTS:
            yield batch
            batch, segments = [], 0
        batch.append(job)
        segments += len(job.segments)
    if batch:
        yield batch

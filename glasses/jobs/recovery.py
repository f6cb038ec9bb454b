"""Repair: rebuild what Redis lost of a job from its manifest in the object store.

Redis may lose its last seconds (power cut, promotion of a lagging replica) or everything. What is
left is correct but old. The manifest lists what was submitted; `complete.json` says that the list
is complete. Outcomes are stored in Redis alone: photos that lose theirs are classified again.

Workers repair jobs when `glasses.ledger.reconciler` asks them to. `glasses reconcile` and every
command that reads a job repair it too. A repair may be interrupted at any step.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from typing import Any

from redis import Redis

from glasses.errors import InfrastructureError, UnknownJobError, UnreadableJobError
from glasses.jobs.enqueue import Enqueuer, recreate
from glasses.jobs.stored_jobs import UNKNOWN_EVERYWHERE, find_stored, stored_jobs
from glasses.ledger import Ledger, keys, reclaim
from glasses.ledger.clock import is_locked
from glasses.ledger.owned_lock import owned_lock
from glasses.ledger.reconciler import REPAIR_LOCK_SECONDS, repair_lock, run_id
from glasses.ledger.workers import common_model, live_workers, redis_time
from glasses.protocol.schemas import SCHEMA_VERSION, JobSpec, ManifestEntry
from glasses.protocol.statuses import TERMINAL_JOB_STATES
from glasses.storage.manifest import ManifestStore
from glasses.storage.object_store import ObjectStore, pack_key
from glasses.storage.packs import own_object_key

WAIT_SECONDS = 600.0
"""How long to wait for another repair of the same job."""
_POLL_SECONDS = 0.1

_log = logging.getLogger(__name__)


class RepairBusyError(InfrastructureError):
    """Another process is repairing the same job."""


class OlderWorkersError(InfrastructureError):
    """Live workers of an older version keep the job in a layout that a repair would corrupt."""


@dataclass(frozen=True, slots=True)
class RepairReport:
    """What a repair did for one job.

    Attributes:
        job_id: The job.
        rebuilt: Photos that Redis did not know and that were enqueued again.
        queued: Lost chunks that Redis knew and that were queued again.
    """

    job_id: str
    rebuilt: int = 0
    queued: int = 0


def find_lost(redis: Redis, store: ObjectStore, word: str, error: UnknownJobError) -> str:
    """Repair a job that only the object store knows, and return its id.

    Raises:
        UnknownJobError: The given `error`: the object store does not know the job either.
        InfrastructureError: A server failed.
    """
    try:
        job_id = find_stored(redis, store, word)
    except UnknownJobError:
        raise error from None
    spec = ManifestStore(store).spec(job_id)
    if spec is None or is_expired(redis, spec):
        raise error
    with suppress(RepairBusyError):  # a worker is repairing it and has created it in Redis
        repair(redis, store, job_id, REPAIR_LOCK_SECONDS)
    if Ledger(redis).spec(job_id) is None:
        raise error  # no photo of it was submitted
    return job_id


def repair(
    redis: Redis, store: ObjectStore, job_id: str, wait_seconds: float = WAIT_SECONDS
) -> RepairReport:
    """Enqueue what Redis lost of a job, seal it, and queue its lost chunks again.

    Args:
        redis: The server that may have lost the job.
        store: Holds the manifest.
        job_id: The job.
        wait_seconds: How long to wait for another repair of the same job.

    Raises:
        UnknownJobError: Neither Redis nor the object store knows the job.
        UnreadableJobError: A newer version submitted it, or its specification is damaged.
        RepairBusyError: Another repair of it did not finish in time.
        OlderWorkersError: Workers of an older version are processing it.
        InfrastructureError: A server failed.
    """
    with _hold_repair_lock(redis, repair_lock(job_id), wait_seconds):
        ledger, manifests = Ledger(redis), ManifestStore(store)
        spec = manifests.spec(job_id)
        if ledger.spec(job_id) is None and spec is None:
            raise UnknownJobError(f"no job {job_id!r}: {UNKNOWN_EVERYWHERE}")
        rebuilt = 0
        if spec is not None and _restore(redis, ledger, manifests, spec):
            rebuilt = _rebuild(redis, store, spec)
        return RepairReport(job_id, rebuilt, reclaim(redis, job_id, grace_seconds=0).queued)


def audit(redis: Redis, store: ObjectStore) -> list[RepairReport]:
    """Repair every stored job of which Redis may have lost something, and return the reports.

    Raises:
        RepairBusyError: Another process is auditing.
        InfrastructureError: A server failed; the next audit repairs the remaining jobs.
    """
    with _hold_repair_lock(redis, repair_lock(None), 0):
        server, is_complete = run_id(redis), True
        reports = []
        for job_id in stored_jobs(store):
            try:
                if _may_have_lost(redis, store, job_id):
                    reports.append(repair(redis, store, job_id, 0))
            except (UnknownJobError, UnreadableJobError) as error:
                _log.info("not repaired: %s", error)
            except (RepairBusyError, OlderWorkersError) as error:
                _log.info("not repaired yet: %s", error)
                is_complete = False
        if is_complete:
            any_redis: Any = redis
            any_redis.set(keys.AUDITED, server, ex=keys.AUDITED_SECONDS)
        return reports


def _may_have_lost(redis: Redis, store: ObjectStore, job_id: str) -> bool:
    ledger, manifests = Ledger(redis), ManifestStore(store)
    spec = manifests.spec(job_id)
    if spec is None or is_expired(redis, spec):
        return False
    if ledger.spec(job_id) is None:
        return True
    snapshot = ledger.inspect(job_id)
    if snapshot.status.state in TERMINAL_JOB_STATES:
        return False
    lost_pause = snapshot.status.paused is None and manifests.is_paused(job_id)
    return snapshot.needs_repair or lost_pause or manifests.is_cancelled(job_id)


def is_expired(redis: Redis, spec: JobSpec) -> bool:
    """Return whether a stored job is older than its retention."""
    return spec.created + spec.retention_seconds < redis_time(redis)


def _restore(redis: Redis, ledger: Ledger, manifests: ManifestStore, spec: JobSpec) -> bool:
    """Create a job in Redis if it is missing there; return whether it still has to be processed."""
    if ledger.spec(spec.job_id) is None:
        if ledger.is_of_older_version(spec.job_id) and any(
            worker.schema_version < SCHEMA_VERSION for worker in live_workers(redis)
        ):
            raise OlderWorkersError(
                f"workers of an older version are processing job {spec.job_id}: stop them, "
                "then try again"
            )
        if manifests.end(spec.job_id) is None and not manifests.segment(spec.job_id, 0):
            return False  # its submitter has not sent the first photos yet, or died before
        recreate(ledger, manifests, spec, common_model(redis))
    return ledger.status(spec.job_id).state not in TERMINAL_JOB_STATES


def _rebuild(redis: Redis, store: ObjectStore, spec: JobSpec) -> int:
    """Enqueue the photos that are in the manifest and missing in Redis; return their number."""
    ledger, manifests = Ledger(redis), ManifestStore(store)
    end = manifests.end(spec.job_id)
    if end is not None:
        # Seal first: Redis then knows that photos are missing, even if this process dies here.
        ledger.seal(spec.job_id, end)
    if manifests.is_cancelled(spec.job_id):
        ledger.cancel(spec.job_id)
        return 0
    if manifests.is_paused(spec.job_id):
        ledger.pause(spec.job_id)
    snapshot = ledger.inspect(spec.job_id)
    if snapshot.needs_repair and snapshot.is_sealed:
        ledger.recount(spec.job_id)
    enqueuer = Enqueuer(redis, manifests, spec)
    if end is not None:
        return enqueuer.fill_gaps(end.photos)
    if snapshot.is_sealed:
        return 0
    filled = enqueuer.fill_gaps(None, _IsStored(store))
    ledger.seal_abandoned(spec.job_id)  # has no effect while its submitter lives
    return filled


class _IsStored:
    """Tells whether a photo's bytes were uploaded before its submitter died; caches answers."""

    def __init__(self, store: ObjectStore) -> None:
        self._exists: Callable[[str], bool] = cache(
            lambda key: store.read_range(key, 0, 1) is not None
        )

    def __call__(self, entry: ManifestEntry) -> bool:
        if entry.in_place or entry.sha256 is None:
            return True
        in_pack = entry.pack is not None and self._exists(pack_key(entry.pack))
        return in_pack or self._exists(own_object_key(entry))


@contextmanager
def _hold_repair_lock(redis: Redis, name: str, wait_seconds: float) -> Iterator[None]:
    """Hold the lock of a repair, or wait for the repair that holds it.

    Raises:
        RepairBusyError: The other repair did not finish within `wait_seconds`.
    """
    deadline = time.monotonic() + wait_seconds
    with ExitStack() as stack:
        while True:
            try:
                lock = owned_lock(redis, keys.lock(name), REPAIR_LOCK_SECONDS, wait_seconds=0)
                stack.enter_context(lock)
                break
            except InfrastructureError:  # another process holds it
                is_locked(redis, name, REPAIR_LOCK_SECONDS)  # shortens it after a clock step
            if time.monotonic() > deadline:
                raise RepairBusyError(f"another process holds the lock {name}: try again later")
            time.sleep(_POLL_SECONDS)
        yield

"""Removing a job with its photos, except the photos that another job still needs.

Who submits writes a manifest segment first and only then looks whether its photos are there
already; who removes takes the lock first and only then reads manifests. So either the remover sees
that a photo is needed, or the submitter waits and finds it gone.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from redis import Redis

from glasses import keys
from glasses.errors import InfrastructureError
from glasses.job_files import JobFiles
from glasses.ledger import Ledger
from glasses.object_store import ObjectStore, image_key, job_prefix
from glasses.presence import Presence

_LOCK = keys.lock("removal")
_LOCK_SECONDS = 15
"""So long a removal that was killed is waited for."""
_LONGEST_SECONDS = 600
_POLL_SECONDS = 0.1


def wait_for_removals(redis: Redis) -> None:
    """Return once nobody is removing photos.

    Raises:
        InfrastructureError: Removals take longer than is reasonable.
    """
    any_redis: Any = redis
    deadline = time.monotonic() + _LONGEST_SECONDS
    while any_redis.exists(_LOCK):
        if time.monotonic() > deadline:
            raise InfrastructureError("a removal of another job does not end; try again later")
        time.sleep(_POLL_SECONDS)


def remove_job(redis: Redis, store: ObjectStore, job_id: str) -> int:
    """Remove a job: photos, cached outcomes, manifest, ledger. It is cancelled first.

    Returns:
        How many photos were removed; those that other jobs need stay.

    Raises:
        UsageError: There is no such job.
        InfrastructureError: Another removal does not end, or the object store is out of reach.
    """
    ledger = Ledger(redis)
    ledger.status(job_id)
    ledger.cancel(job_id)
    with _removing(redis):
        removed = _remove_photos(redis, store, job_id, ledger.job_ids())
        store.delete(store.keys(job_prefix(job_id)))
        ledger.forget(job_id)
    return removed


@contextmanager
def _removing(redis: Redis) -> Iterator[None]:
    """Holds the lock; whoever comes second waits."""
    any_redis: Any = redis
    while not any_redis.set(_LOCK, "1", nx=True, ex=_LOCK_SECONDS):
        wait_for_removals(redis)
    try:
        with Presence(redis, _LOCK, _LOCK_SECONDS):
            yield
    finally:
        any_redis.delete(_LOCK)


def _remove_photos(redis: Any, store: ObjectStore, job_id: str, jobs: list[str]) -> int:
    files = JobFiles(store)
    doomed = _contents(files, job_id)
    for other in jobs:
        if other != job_id and doomed:
            doomed -= _contents(files, other)
    store.delete(image_key(sha256) for sha256 in sorted(doomed))
    with redis.pipeline(transaction=False) as pipe:
        for sha256 in doomed:
            pipe.delete(keys.photo(sha256))
        pipe.execute()
    return len(doomed)


def _contents(files: JobFiles, job_id: str) -> set[str]:
    return {
        entry.sha256
        for segment in files.all_segments(job_id)
        for entry in segment
        if entry.sha256 is not None
    }

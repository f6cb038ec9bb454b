"""Removing a job with its photos, except the photos that another job still needs.

Photos lie alone or in packs (`glasses.packs`). A pack that another job needs in part is dissolved.
What was submitted in place is a user's file, and stays; what is known of its content goes.

Who submits writes a manifest segment first and only then looks whether its photos are there
already; who removes takes the lock first and only then reads manifests. So either the remover sees
that a photo is needed, or the submitter waits and finds it gone.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from redis import Redis

from glasses import keys
from glasses.errors import InfrastructureError
from glasses.job_files import JobFiles
from glasses.ledger import Ledger
from glasses.object_store import ObjectStore, image_key, job_prefix, pack_key
from glasses.packs import member, note
from glasses.presence import Presence
from glasses.schemas import ManifestEntry, Place

_LOCK = keys.lock("removal")
_LOCK_SECONDS = 15
"""So long a removal that was killed is waited for."""
_LONGEST_SECONDS = 600
_POLL_SECONDS = 0.1


class Removed(NamedTuple):
    """Photos of a removed job."""

    photos: int
    """That went with it."""
    kept: int
    """That other jobs need."""
    in_place: int
    """That lie where they lay."""


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


def remove_job(redis: Redis, store: ObjectStore, job_id: str) -> Removed:
    """Remove a job: photos, cached outcomes, manifest, ledger. It is cancelled first.

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


def _remove_photos(redis: Any, store: ObjectStore, job_id: str, jobs: list[str]) -> Removed:
    files = JobFiles(store)
    own: dict[str, Place | None] = {}
    lying: set[str] = set()
    for entry in _entries(files, job_id):
        if entry.sha256 is not None and entry.in_place:
            lying.add(entry.sha256)
        elif entry.sha256 is not None:
            own[entry.sha256] = own.get(entry.sha256) or entry.place
    forgotten = lying | own.keys()
    packs = {place.pack for place in own.values() if place}
    doomed = set(own)
    needed: dict[str, dict[str, ManifestEntry]] = {}
    for other in jobs:
        if other == job_id or not (doomed or forgotten or packs):
            continue
        for entry in _entries(files, other):
            if entry.sha256 is None:
                continue
            forgotten.discard(entry.sha256)
            if entry.in_place:
                continue
            doomed.discard(entry.sha256)
            if entry.pack in packs:
                needed.setdefault(str(entry.pack), {})[entry.sha256] = entry
    _remove_packs(redis, store, own, needed)
    store.delete(image_key(sha256) for sha256 in sorted(doomed))
    with redis.pipeline(transaction=False) as pipe:
        for sha256 in doomed - forgotten:
            pipe.hdel(keys.photo(sha256), keys.UPLOADED)
        for sha256 in forgotten:
            pipe.delete(keys.photo(sha256))
        pipe.execute()
    return Removed(len(doomed), len(own) - len(doomed), len(lying))


def _remove_packs(
    redis: Any,
    store: ObjectStore,
    own: dict[str, Place | None],
    needed: dict[str, dict[str, ManifestEntry]],
) -> None:
    """Remove a job's packs; what another job needs of one is laid down alone before.

    Args:
        redis: Where it is noted what lies where.
        store: Where it lies.
        own: The job's contents, and where they lie.
        needed: Of the job's packs, what other jobs' manifests say lies in them.
    """
    contents: dict[str, set[str]] = {}
    for sha256, place in own.items():
        if place:
            contents.setdefault(place.pack, set()).add(sha256)
    for pack, inside in contents.items():
        others = needed.get(pack, {})
        if inside <= others.keys():
            continue
        data = store.get(pack_key(pack)) if others else None
        alone = {} if data is None else {s: member(data, entry) for s, entry in others.items()}
        for sha256, photo in alone.items():
            store.put(image_key(sha256), photo)
        store.delete([pack_key(pack)])
        with redis.pipeline(transaction=False) as pipe:
            # Whoever submits such a photo next sends it again, rather than looking for it in vain.
            for sha256 in (inside | others.keys()) - alone.keys():
                pipe.hdel(keys.photo(sha256), keys.UPLOADED)
            for sha256 in alone:
                pipe.ttl(keys.photo(sha256))
            answers = pipe.execute()
        for sha256, seconds in zip(alone, answers[len(answers) - len(alone) :], strict=True):
            if seconds > 0:
                note(redis, {sha256: None}, seconds)


def _entries(files: JobFiles, job_id: str) -> Iterator[ManifestEntry]:
    for segment in files.all_segments(job_id):
        yield from segment

"""Removal: delete a job with its photos, except the photos that other jobs need.

A pack of which other jobs need a part is dissolved (`glasses.storage.packs`). Files submitted in
place belong to the user and stay; only their cached outcomes are deleted.

No photo of another job is deleted, however long this process is suspended between two steps:

- The specification is deleted first, and a marker is written. A killed removal can be resumed, and
  nothing recreates the job in the meantime.
- Next the photo index in Redis forgets where photos of the job are stored. Only then the manifests
  of other jobs are read (again). A submitter writes its manifest first and checks the photo index
  afterwards (`deduplication.gone`). So either this process reads that manifest, or the submitter
  uploads the photos itself, into packs that this process does not know.
- A lock prevents that one removal reads while another deletes. It is checked before each deletion.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from redis import Redis

from glasses.errors import InfrastructureError, UnreadableJobError, UsageError
from glasses.jobs.shared_photos import JobPhotos, NeededPhotos, PackShare
from glasses.ledger import Ledger, keys
from glasses.ledger.owned_lock import LockLostError, OwnedLock, owned_lock
from glasses.ledger.redis_client import flush
from glasses.protocol.schemas import JOB_ID_PATTERN, newer_schema_of
from glasses.storage.listing import StoredObject
from glasses.storage.manifest import ManifestStore, parse_entry, removed_key
from glasses.storage.object_store import (
    IMAGES,
    PACKS,
    ObjectStore,
    image_key,
    job_prefix,
    member_key,
    pack_key,
)
from glasses.storage.packs import forget_locations

_LOCK = keys.lock("removal")
_LOCK_SECONDS = 15
"""Life of the lock after its owner was killed; other removals wait for it."""
_WAIT_SECONDS = 600
_BATCH = 500
"""Objects that are deleted between two checks of the lock."""
_MAX_ATTEMPTS = 5


@dataclass(slots=True)
class RemovalReport:
    """What happened to the photos of a removed job.

    Attributes:
        photos: Number of deleted photos.
        kept: Number of photos that other jobs need.
        in_place: Number of photos that were never uploaded.
        unread: Ids of jobs whose manifests could not be read. Photos that they mention were kept.
    """

    photos: int = 0
    kept: int = 0
    in_place: int = 0
    unread: set[str] = field(default_factory=set)


def remove_job(redis: Redis, store: ObjectStore, job_id: str) -> RemovalReport:
    """Remove a job from Redis and the object store, even if Redis has lost it.

    Deletes photos, cached outcomes, the manifest and the ledger. Calling this again resumes an
    interrupted removal.

    Raises:
        UsageError: The job does not exist, or a newer version submitted it.
        InfrastructureError: Another removal did not finish, or the object store is unreachable.
    """
    _check_removable(redis, store, job_id)
    return remove_jobs(redis, store, [job_id])


def remove_jobs(redis: Redis, store: ObjectStore, job_ids: Sequence[str]) -> RemovalReport:
    """Remove jobs that exist, as `remove_job` does; the manifests of the others are read once.

    Raises:
        InfrastructureError: See `remove_job`.
    """
    for _ in range(_MAX_ATTEMPTS):
        try:
            with owned_lock(redis, _LOCK, _LOCK_SECONDS, _WAIT_SECONDS) as lock:
                return _Removal(redis, store, job_ids, lock).run()
        except LockLostError:
            continue  # what was read about other jobs may be outdated, so start again
    words = " ".join(job_ids)
    raise InfrastructureError(
        f"the removal of job {words} was interrupted too often: `glasses rm {words}` resumes it"
    )


def _check_removable(redis: Any, store: ObjectStore, job_id: str) -> None:
    spec = redis.hget(keys.job(job_id), "spec")
    stored = re.fullmatch(JOB_ID_PATTERN, job_id) and next(store.keys(job_prefix(job_id)), None)
    if spec is None and stored is None:
        raise UsageError(f"no job {job_id!r} (it may have expired): `glasses jobs` lists them")
    if (spec and newer_schema_of(spec)) or ManifestStore(store).is_newer(job_id):
        raise UnreadableJobError(
            f"job {job_id} was submitted by a newer version of this program: remove it with that "
            "version"
        )


class _Removal:
    """One attempt to remove jobs while the lock is held."""

    def __init__(
        self, redis: Redis, store: ObjectStore, job_ids: Sequence[str], lock: OwnedLock
    ) -> None:
        self._redis: Any = redis
        self._store = store
        self._manifests = ManifestStore(store)
        self._job_ids = job_ids
        self._lock = lock
        self._report = RemovalReport()

    def run(self) -> RemovalReport:
        for job_id in self._job_ids:
            self._lock.check()
            self._manifests.begin_removal(job_id)
            Ledger(self._redis).forget(job_id)
        read: set[StoredObject] = set()
        # A submitter that has not noticed the removal may still write segments.
        while unread := self._list_segments() - read:
            self._remove_photos(self._read_photos(unread))
            read |= unread
        for job_id in self._job_ids:
            self._lock.check()
            self._manifests.end_removal(job_id)
        return self._report

    def _list_segments(self) -> set[StoredObject]:
        prefixes = (job_prefix(job_id) + "manifest/" for job_id in self._job_ids)
        return {found for prefix in prefixes for found in self._store.objects(prefix)}

    def _read_photos(self, segments: Iterable[StoredObject]) -> JobPhotos:
        photos = JobPhotos()
        for segment in sorted(segments):
            data = self._get(segment.key)
            job_id = segment.key.split("/")[1]
            if data is None:
                self._report.unread.add(job_id)
            for line in (data or b"").splitlines():
                try:
                    photos.add(parse_entry(line))
                except ValueError:
                    self._report.unread.add(job_id)
        return photos

    def _get(self, key: str) -> bytes | None:
        """Return the bytes of an object, or None if it is missing or alone cannot be read."""
        try:
            return self._store.get(key)
        except InfrastructureError:
            self._store.get(removed_key(self._job_ids[0]))  # raises if the whole store fails
            return None

    def _remove_photos(self, own: JobPhotos) -> None:
        others = NeededPhotos(own, self._job_ids)
        others.read(self._store)
        forget_locations(self._redis, _index_entries(own, others))
        flush(self._redis)
        others.read(self._store)  # again, for manifests written before the index was cleared
        kept = self._delete(own, others)
        self._forget_photos(others.unknown_to_others())
        self._abort_uploads(own, kept)
        stored = [sha256.hex() for sha256 in own.stored]
        kept_photos = {sha256 for share in kept for sha256 in share.photos}
        count = sum(s in kept_photos or others.stored_by_others(s) for s in stored)
        self._report.kept += count
        self._report.photos += len(stored) - count
        self._report.in_place += len(own.in_place)
        self._report.unread |= others.unread

    def _delete(self, own: JobPhotos, others: NeededPhotos) -> list[PackShare]:
        kept: list[PackShare] = []

        def keys_to_delete() -> Iterator[str]:
            for share in own.shares():
                if others.keep(share) or not self._dissolve(share, others):
                    kept.append(share)
                else:
                    yield from _object_keys(share, others)

        remaining = keys_to_delete()
        while batch := list(islice(remaining, _BATCH)):
            self._lock.check()
            self._store.delete(batch)
        return kept

    def _dissolve(self, share: PackShare, others: NeededPhotos) -> bool:
        """Store the photos of a pack that other jobs need outside of it.

        Returns:
            False if the pack cannot be read.
        """
        spans = others.spans(share.pack)
        if not share.pack or not spans:
            return True
        data = self._get(pack_key(share.pack))
        if data is None:
            return not self._store.exists(pack_key(share.pack))
        self._lock.check()
        for sha256, (offset, size) in spans.items():
            photo = data[offset : offset + size]
            if hashlib.sha256(photo).hexdigest() == sha256:
                self._store.put(member_key(share.pack, sha256), photo)
        return True

    def _forget_photos(self, hashes: Iterable[str]) -> None:
        """Delete what Redis knows of photos (cached outcomes, location), by sha256."""
        remaining = iter(hashes)
        while batch := list(islice(remaining, _BATCH)):
            self._redis.delete(*map(keys.photo, batch))

    def _abort_uploads(self, own: JobPhotos, kept: Iterable[PackShare]) -> None:
        """Abort multipart uploads of a killed submitter: they take space and are not listed."""
        packs = own.packs - {bytes.fromhex(share.pack) for share in kept}
        unfinished = {pack_key(pack.hex()) for pack in packs if pack}
        if b"" in packs:
            unfinished |= {image_key(sha256.hex()) for sha256 in own.stored}
        for prefix in (PACKS, IMAGES):
            self._store.abort_uploads(lambda upload: upload.key in unfinished, prefix)


def _index_entries(own: JobPhotos, others: NeededPhotos) -> Iterator[tuple[str, str]]:
    """Yield the photos that are about to be deleted: sha256 and pack of each."""
    for share in own.shares():
        if not others.keep(share):
            needed = others.spans(share.pack).keys() if share.pack else set()
            for sha256 in share.photos | needed:
                yield sha256, share.pack


def _object_keys(share: PackShare, others: NeededPhotos) -> Iterator[str]:
    """Yield the keys of a share's objects, except those that other jobs need."""
    if share.pack:
        yield pack_key(share.pack)
    for sha256 in share.photos - others.spans(share.pack).keys():
        yield member_key(share.pack, sha256) if share.pack else image_key(sha256)

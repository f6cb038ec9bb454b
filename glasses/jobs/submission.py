"""Submission: photos -> hashed -> in the manifest -> uploaded -> in the ledger -> queued.

The manifest says where each photo will be stored, so this is decided before uploading: either where
it is stored already, as far as Redis knows, or in a new pack. Other jobs may be removed at the same
time, so after a segment of the manifest is written, the photos that it did not upload itself are
checked again. Those that are gone get a new pack, and the segment is written again.

While one segment is uploaded, the next one is hashed. A chunk is queued as soon as its own photos
are uploaded. At most two segments, with their small photos, are in memory at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Set
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from secrets import token_hex
from typing import Any, TypeVar

from redis import Redis

from glasses.config.settings import Settings
from glasses.errors import UnknownJobError
from glasses.jobs import chunks, uploads
from glasses.jobs.enqueue import Enqueuer, SubmissionProgress
from glasses.ledger import Ledger, keys
from glasses.ledger.heartbeat import KeyHeartbeat
from glasses.ledger.redis_client import flush
from glasses.protocol.outcome import Outcome
from glasses.protocol.schemas import JobSpec, ManifestEntry, SubmissionEnd
from glasses.sources.left_out import LeftOut
from glasses.sources.photo import Photo
from glasses.storage.deduplication import find_known, missing_contents
from glasses.storage.manifest import SEGMENT, ManifestStore
from glasses.storage.object_store import ObjectStore

__all__ = ["Submission", "SubmissionProgress"]

T = TypeVar("T")
KEPT_BYTES = 128 << 10
"""Photos up to this size stay in memory between hashing and upload: 64 MiB for two segments."""
HASH_BATCH = 8
"""Photos that a thread hashes per task: a task per photo costs more CPU."""


@dataclass(frozen=True, slots=True)
class SegmentPlan:
    """Where the photos of a segment are stored, and what need not be classified.

    Attributes:
        entries: The photos, each with its location.
        packs: The new packs to upload.
        known: Outcomes known under the job's model, by sha256.
    """

    entries: list[ManifestEntry]
    packs: Set[str] = frozenset()
    known: dict[str, Outcome] = field(default_factory=dict)

    @property
    def reused(self) -> list[ManifestEntry]:
        """Return the photos that earlier submissions uploaded; they may be deleted by now."""
        return [e for e in self.entries if e.sha256 and not e.in_place and e.pack not in self.packs]


class Submission:
    """Submits the photos of one job.

    Args:
        settings: Threads and limits.
        redis: Holds the ledger.
        store: Holds the manifest and the photos.
        spec: The job.
        left_out: What the source of the photos has left out, complete with the last photo.
    """

    def __init__(
        self,
        settings: Settings,
        redis: Redis,
        store: ObjectStore,
        spec: JobSpec,
        left_out: LeftOut,
    ) -> None:
        self._settings = settings
        self._redis: Any = redis
        self._store = store
        self._spec = spec
        self._ledger = Ledger(redis)
        self._manifests = ManifestStore(store)
        self._pack_seed = token_hex(16)
        self.progress = SubmissionProgress(left_out=left_out)
        self._enqueuer = Enqueuer(redis, self._manifests, spec, self.progress)

    def run(self, photos: Iterable[Photo], notify: Callable[[], None] = lambda: None) -> None:
        """Submit photos and seal the job, even if this is interrupted.

        Args:
            photos: The photos in the order of their numbers.
            notify: Called whenever `progress` has changed.

        Raises:
            InfrastructureError: A server is unreachable; workers still process what was queued.
            redis.RedisError: Redis failed.
        """
        threads = self._settings.upload_threads
        total = None
        with (
            self._heartbeat(),
            ThreadPoolExecutor(threads, "upload") as uploaders,
            ThreadPoolExecutor(threads, "hash") as hashers,
        ):
            try:
                segments = _prefetch(self._hash_segments(photos, hashers))
                for number, (batch, entries) in enumerate(segments):
                    self.progress.hashed += len(entries)
                    notify()
                    plan = self._write_segment(number, batch, entries, uploaders)
                    if not self._submit_segment(number, plan, batch, uploaders, notify):
                        return
                total = self.progress.hashed
                notify()  # also without any photo
            finally:
                uploaders.shutdown(wait=True, cancel_futures=True)
                self._seal(total)

    def _heartbeat(self) -> KeyHeartbeat:
        """Return a heartbeat: the reconciler seals the job if its submitter dies."""
        return KeyHeartbeat(self._redis, keys.submitter(self._spec.job_id), keys.SUBMITTER_SECONDS)

    def _seal(self, total: int | None) -> None:
        job_id = self._spec.job_id
        end = None
        if total is not None:
            end = SubmissionEnd(photos=total, ignored=self.progress.left_out.ignored)
            # Written before the seal, which Redis may lose in a crash.
            self._manifests.write_end(job_id, end)
            if self._manifests.spec(job_id) is None:  # removed in the meantime
                self._manifests.delete_marks(job_id)
        while True:
            missing = self._ledger.seal(job_id, end)
            flush(self._redis)
            try:
                self._enqueuer.status()  # creates a lost job again
                is_sealed = self._ledger.inspect(job_id).is_sealed
            except UnknownJobError:
                return  # removed in the meantime
            # A crash of Redis before the flush shows here; the reconciler finds later ones.
            if not missing and is_sealed:
                return
            if total is not None:
                self._enqueuer.fill_gaps(total)

    def _hash_segments(
        self, photos: Iterable[Photo], pool: ThreadPoolExecutor
    ) -> Iterator[tuple[list[Photo], list[ManifestEntry]]]:
        max_bytes = self._settings.max_file_mb << 20
        remaining = iter(photos)

        def hash_part(part: list[Photo]) -> list[ManifestEntry]:
            return [photo.hash_and_keep(max_bytes, KEPT_BYTES) for photo in part]

        while batch := list(islice(remaining, SEGMENT)):
            starts = range(0, len(batch), HASH_BATCH)
            parts = [batch[start : start + HASH_BATCH] for start in starts]
            yield batch, [entry for part in pool.map(hash_part, parts) for entry in part]

    def _write_segment(
        self, number: int, photos: list[Photo], entries: list[ManifestEntry], pool: Executor
    ) -> SegmentPlan:
        """Decide where each photo of a segment is stored, and write it to the manifest."""
        status = self._enqueuer.status()
        ttl = self._spec.retention_seconds
        known, present = find_known(self._redis, entries, status.model, ttl)
        packable = [photo.may_be_packed for photo in photos]
        missing: set[str] = set()
        while True:
            stored = {sha: location for sha, location in present.items() if sha not in missing}
            parts = chunks.chunks(number * SEGMENT, entries, self._spec.chunk_size)
            located, packs = uploads.assign_locations(
                entries, packable, stored, parts, self._pack_seed
            )
            plan = SegmentPlan(located, packs, known)
            self._manifests.write_segment(self._spec.job_id, number, plan.entries)
            if not (newly_missing := missing_contents(self._redis, self._store, plan.reused, pool)):
                return plan
            missing |= newly_missing

    def _submit_segment(
        self,
        number: int,
        plan: SegmentPlan,
        photos: list[Photo],
        pool: ThreadPoolExecutor,
        notify: Callable[[], None],
    ) -> bool:
        """Upload and enqueue a segment that is in the manifest.

        Without `photos` their bytes are assumed to be in the object store.

        Returns:
            False if the job was cancelled or removed.
        """
        status = self._enqueuer.status()
        ttl = self._spec.retention_seconds
        entries, known = plan.entries, plan.known
        present = {entry.sha256 for entry in plan.reused}
        sent: dict[str, Future[dict[str, bool]]] = {}
        if photos:
            pairs = [pair for pair in zip(photos, entries, strict=True) if not pair[1].in_place]
            uploader = uploads.Uploader(self._store, self._redis, self._spec.job_id, ttl, pool)
            sent = uploader.send(pairs, plan.packs)
        first = number * SEGMENT
        for chosen in chunks.chunks(first, entries, self._spec.chunk_size):
            part = entries[chosen]
            hashes = sent.keys() & {entry.sha256 for entry in part if not entry.in_place}
            uploaded = {sha256: sent[sha256].result()[sha256] for sha256 in hashes}
            new = [entry for entry in part if entry.sha256 and entry.sha256 not in known]
            self.progress.in_place += sum(bool(entry.in_place) for entry in new)
            self.progress.present += sum(e.sha256 in present and not e.in_place for e in new)
            self.progress.uploaded += sum(uploaded.values())
            if not self._enqueuer.chunk(first + chosen.start, part, known, uploaded, status):
                return False
            self.progress.submitted += len(part)
            notify()
        return True


def _prefetch(items: Iterator[T]) -> Iterator[T]:
    """Yield the same items; compute the next one while the caller uses the current one."""
    with ThreadPoolExecutor(1, "prefetch") as pool:
        end = object()
        future: Future[Any] = pool.submit(next, items, end)
        while (item := future.result()) is not end:
            future = pool.submit(next, items, end)
            yield item

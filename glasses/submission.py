"""Photos -> hashed -> in the manifest -> uploaded -> in the ledger -> queued.

The manifest says where photos will lie, so it is decided before: where they lie already, as far as
is known, or in which pack. What it relies on is looked for once more: somebody may have removed it;
what is not where the manifest says is sent alone, and workers look there, too.

While one segment uploads, the next is being hashed; a chunk is queued as soon as its own photos
are there. Memory is that of two segments, small photos included, however many photos there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Set
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from redis import Redis

from glasses import chunks, keys, uploads
from glasses.already_there import already_there
from glasses.job_files import SEGMENT, JobFiles
from glasses.ledger import Ledger, Recorded, gaps
from glasses.object_store import ObjectStore
from glasses.outcome import Outcome
from glasses.presence import Presence
from glasses.queue import PRIORITY_BULK, PRIORITY_SMALL, send_chunk
from glasses.redis_client import flush
from glasses.removal import wait_for_removals
from glasses.schemas import ChunkMessage, JobSpec, JobStatus, ManifestEntry
from glasses.settings import Settings
from glasses.sources.photo import Photo
from glasses.statuses import FailureReason, JobState
from glasses.verdict import decisive_probability

if TYPE_CHECKING:
    from celery import Celery

T = TypeVar("T")
KEPT_BYTES = 128 << 10
"""Smaller photos wait in memory to be sent, instead of being read again: 64 MiB of a segment."""
TOGETHER = 8
"""Photos that a thread looks at before it takes the next: to hand over each costs CPU."""


@dataclass(slots=True)
class Progress:
    """Counts of photos, read by whoever shows them.

    Attributes:
        hashed: Looked at.
        uploaded: Sent to the object store.
        present: Not sent, since the same bytes are there already.
        in_place: Not sent, since workers read them where they lie.
        known: Not even queued, since their outcome under this model is known; some are uploaded.
        refused: Failed before they were sent (empty, not an image, unreadable, too large).
    """

    hashed: int = 0
    uploaded: int = 0
    present: int = 0
    in_place: int = 0
    known: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done about a segment.

    Attributes:
        entries: Its photos, each with its place.
        packs: That are to be made.
        relies: On something that lies there already, or is known: it may be gone by now.
    """

    entries: list[ManifestEntry]
    packs: Set[str] = frozenset()
    relies: bool = True


class Submission:
    """Submits the photos of one job."""

    def __init__(
        self, settings: Settings, redis: Redis, store: ObjectStore, app: Celery, spec: JobSpec
    ) -> None:
        self._settings = settings
        self._redis: Any = redis
        self._store = store
        self._app = app
        self._spec = spec
        self._ledger = Ledger(redis)
        self._files = JobFiles(store)
        self.progress = Progress()

    def run(self, photos: Iterable[Photo], notify: Callable[[], None] = lambda: None) -> None:
        """Submit photos; the job is sealed at the end, also when this is interrupted.

        Args:
            photos: In the order of their numbers.
            notify: Called whenever `progress` has changed.

        Raises:
            InfrastructureError: A server is out of reach; what was queued goes on.
            redis.RedisError: Redis failed.
        """
        threads = self._settings.upload_threads
        total = None
        with (
            self._presence(),
            ThreadPoolExecutor(threads, "upload") as pool,
            ThreadPoolExecutor(threads, "hash") as hashes,
        ):
            try:
                segments = _ahead(self._segments(photos, hashes))
                for number, (found, entries) in enumerate(segments):
                    self.progress.hashed += len(entries)
                    notify()
                    plan = self._plan(number, found, entries)
                    self._files.write_segment(self._spec.job_id, number, plan.entries)
                    if not self._segment(number, plan, found, pool, notify):
                        return
                total = self.progress.hashed
            finally:
                pool.shutdown(wait=True, cancel_futures=True)
                self._seal(total)

    def run_again(self) -> None:
        """Enter what the manifest lists into a new ledger, and queue it; nothing is uploaded.

        Raises:
            InfrastructureError, redis.RedisError: As `run`.
        """
        total = None
        job_id = self._spec.job_id
        with self._presence(), ThreadPoolExecutor(1, "upload") as pool:
            try:
                entered = 0
                for number, entries in enumerate(self._files.all_segments(job_id)):
                    if not self._segment(number, Plan(entries), [], pool, lambda: None):
                        return
                    entered += len(entries)
                total = entered
            finally:
                self._seal(total)

    def fill_gaps(self) -> int:
        """Open what the manifest lists and a crash of Redis took out of the ledger; how many."""
        job_id = self._spec.job_id
        found = 0
        for number, entries in enumerate(self._files.all_segments(job_id)):
            status = self._status()
            for place in gaps(self._redis, job_id, number * SEGMENT, len(entries)):
                # One by one: gaps are rare, and seldom whole chunks.
                self._chunk(place, [entries[place - number * SEGMENT]], {}, {}, status)
                found += 1
        return found

    def _presence(self) -> Presence:
        """A job that nobody submits to any more must not stay open."""
        return Presence(self._redis, keys.submitter(self._spec.job_id), keys.SUBMITTER_SECONDS)

    def _seal(self, total: int | None) -> None:
        job_id = self._spec.job_id
        while True:
            if not self._ledger.seal(job_id, total):
                if not self.fill_gaps():
                    total = None  # never seen; a job that says it is incomplete beats a loop
                continue
            flush(self._redis)
            # A crash before the flush may have taken the seal, and chunks before it.
            if total is None or self._status().state is not JobState.SUBMITTING:
                return

    def _status(self) -> JobStatus:
        """The job's counters; entered anew if a crash took the job itself out of the ledger."""
        spec = self._spec
        if self._ledger.spec(spec.job_id) is None and self._files.spec(spec.job_id) is not None:
            # Who removes a job removes its description first, so nobody did. `_seal` finds the
            # chunks that went with it.
            self._ledger.create(spec, None, spec.threshold)
        return self._ledger.status(spec.job_id)

    def _segments(
        self, photos: Iterable[Photo], pool: ThreadPoolExecutor
    ) -> Iterator[tuple[list[Photo], list[ManifestEntry]]]:
        limit = self._settings.max_file_mb << 20
        remaining = iter(photos)

        def looked_at(some: list[Photo]) -> list[ManifestEntry]:
            return [photo.examine_and_keep(limit, KEPT_BYTES) for photo in some]

        while batch := list(islice(remaining, SEGMENT)):
            parts = [batch[start : start + TOGETHER] for start in range(0, len(batch), TOGETHER)]
            yield batch, [entry for part in pool.map(looked_at, parts) for entry in part]

    def _plan(self, number: int, photos: list[Photo], entries: list[ManifestEntry]) -> Plan:
        """Say where each photo of a segment will lie; and which packs are to be made."""
        status = self._status()
        ttl = self._spec.retention_seconds
        known, present = already_there(self._redis, entries, status.model, ttl)
        packable = [photo.may_be_packed for photo in photos]
        parts = chunks.chunks(number * SEGMENT, entries, self._spec.chunk_size)
        placed, packs = uploads.placed(entries, packable, present, parts)
        return Plan(placed, packs, bool(known or present))

    def _segment(
        self,
        number: int,
        plan: Plan,
        photos: list[Photo],
        pool: ThreadPoolExecutor,
        notify: Callable[[], None],
    ) -> bool:
        """Submit a segment that is in the manifest; False when the job was cancelled or removed.

        Without photos their contents are taken to be in the object store.
        """
        wait_for_removals(self._redis)
        status = self._status()
        ttl = self._spec.retention_seconds
        entries = plan.entries
        asked = entries if plan.relies else []
        known, found = already_there(self._redis, asked, status.model, ttl)
        present = uploads.as_said(entries, found)
        sent: dict[str, Future[dict[str, bool]]] = {}
        if photos:
            pairs = [pair for pair in zip(photos, entries, strict=True) if not pair[1].in_place]
            # Also what is known: it may be so from a job whose photos stayed in place.
            needed = {entry.sha256 for _, entry in pairs if entry.sha256} - present
            sender = uploads.Sender(self._store, self._redis, ttl, pool)
            sent = sender.send(pairs, needed, plan.packs)
        first = number * SEGMENT
        for chosen in chunks.chunks(first, entries, self._spec.chunk_size):
            part = entries[chosen]
            contents = sent.keys() & {entry.sha256 for entry in part if not entry.in_place}
            uploaded = {sha256: sent[sha256].result()[sha256] for sha256 in contents}
            new = [entry for entry in part if entry.sha256 and entry.sha256 not in known]
            self.progress.in_place += sum(bool(entry.in_place) for entry in new)
            self.progress.present += sum(e.sha256 in present and not e.in_place for e in new)
            self.progress.uploaded += sum(uploaded.values())
            if not self._chunk(first + chosen.start, part, known, uploaded, status):
                return False
            notify()
        return True

    def _chunk(
        self,
        start: int,
        entries: list[ManifestEntry],
        known: dict[str, Outcome],
        uploaded: dict[str, bool],
        status: JobStatus,
    ) -> bool:
        spec = self._spec
        chunk = ChunkMessage(job_id=spec.job_id, start=start, count=len(entries))
        priority = PRIORITY_SMALL if start < chunks.FIRST_PHOTOS else PRIORITY_BULK
        opened = self._ledger.open(spec, chunk, priority)
        if opened == "gone":
            self._status()
            opened = self._ledger.open(spec, chunk, priority)
        if opened != "opened":
            return False
        settled = []
        for number, entry in enumerate(entries, start):
            outcome = known.get(entry.sha256 or "")
            self.progress.known += outcome is not None
            unsent = not entry.in_place and uploaded.get(entry.sha256 or "") is False
            if entry.reason or (unsent and outcome is None):
                outcome = Outcome.failed(entry.reason or FailureReason.CHANGED)
                self.progress.refused += 1
            if outcome:
                settled.append(Recorded(number, outcome, _positive(outcome, status), None))
        complete = len(settled) == len(entries)
        if settled:
            ends = chunk if complete else None
            ttl = spec.retention_seconds
            self._ledger.record(spec.job_id, ends, settled, model=status.model or "", ttl=ttl)
        if not complete:
            send_chunk(self._app, chunk, priority)
        return status.state is not JobState.CANCELLED


def _positive(outcome: Outcome, status: JobStatus) -> bool:
    probability = decisive_probability(outcome, status.faces)
    threshold = status.threshold
    return probability is not None and threshold is not None and probability >= threshold


def _ahead(items: Iterator[T]) -> Iterator[T]:
    """The same items, each next one computed while the last is being used."""
    with ThreadPoolExecutor(1, "ahead") as pool:
        end = object()
        future: Future[Any] = pool.submit(next, items, end)
        while (item := future.result()) is not end:
            future = pool.submit(next, items, end)
            yield item

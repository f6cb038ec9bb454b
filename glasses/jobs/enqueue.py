"""Enqueuing: from manifest entries to the ledger and the queue."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import groupby

from redis import Redis
from redis.exceptions import RedisError

from glasses.jobs import chunks
from glasses.jobs.results import decision_rule
from glasses.ledger import EnqueueAnswer, Ledger, OutcomeRecord
from glasses.ledger.queue import PRIORITY_BULK, PRIORITY_SMALL, send_chunk
from glasses.ledger.workers import WorkerInfo, common_model
from glasses.protocol.outcome import Outcome
from glasses.protocol.schemas import ChunkMessage, JobSpec, JobStatus, ManifestEntry
from glasses.protocol.statuses import FailureReason, JobState
from glasses.protocol.verdict import has_glasses
from glasses.sources.left_out import LeftOut
from glasses.storage.deduplication import find_known
from glasses.storage.manifest import SEGMENT, ManifestStore
from glasses.storage.object_store import ObjectStore, job_prefix


@dataclass(slots=True)
class SubmissionProgress:
    """Counts of photos while a job is submitted.

    Attributes:
        hashed: Read and hashed, or refused.
        submitted: Uploaded if necessary, and queued or recorded: the submission is done with them.
        uploaded: Sent to the object store.
        present: Not sent, since the object store has the same bytes already.
        in_place: Not sent, since workers read the files directly.
        known: Not queued, since their outcome under this model is known; some are uploaded.
        refused: Failed before they were sent (empty, not an image, unreadable, too large).
        left_out: What the selection left out so far: files that are not photos, and others.
    """

    hashed: int = 0
    submitted: int = 0
    uploaded: int = 0
    present: int = 0
    in_place: int = 0
    known: int = 0
    refused: int = 0
    left_out: LeftOut = field(default_factory=LeftOut)


class Enqueuer:
    """Enqueues the photos of one job.

    Args:
        redis: Holds the ledger.
        manifests: Holds the manifest.
        spec: The job.
        progress: Counts the photos that need not be queued.
    """

    def __init__(
        self,
        redis: Redis,
        manifests: ManifestStore,
        spec: JobSpec,
        progress: SubmissionProgress | None = None,
    ) -> None:
        self._redis = redis
        self._manifests = manifests
        self._spec = spec
        self._progress = progress or SubmissionProgress()
        self._ledger = Ledger(redis)

    def status(self) -> JobStatus:
        """Return the counts of the job; create it again if Redis lost it.

        Raises:
            UnknownJobError: The job was removed.
        """
        recreate(self._ledger, self._manifests, self._spec)
        return self._ledger.status(self._spec.job_id)

    def chunk(
        self,
        start: int,
        entries: list[ManifestEntry],
        known: dict[str, Outcome],
        uploaded: dict[str, bool],
        status: JobStatus,
    ) -> bool:
        """Enqueue a chunk; return False if the job was cancelled or removed.

        Args:
            start: Number of its first photo.
            entries: Its photos.
            known: Outcomes under the job's model, by sha256.
            uploaded: For each sha256 that was sent: whether the bytes were unchanged since hashing.
            status: The counts of the job.
        """
        chunk = ChunkMessage(job_id=self._spec.job_id, start=start, count=len(entries))
        priority = PRIORITY_SMALL if start < chunks.FIRST_PHOTOS else PRIORITY_BULK
        answer = self._ledger.enqueue(chunk, priority)
        if answer is EnqueueAnswer.GONE:
            self.status()
            answer = self._ledger.enqueue(chunk, priority)
        if answer is EnqueueAnswer.DONE:
            return True
        if answer not in {EnqueueAnswer.ENQUEUED, EnqueueAnswer.PAUSED}:
            return False
        records = []
        job_rule = decision_rule(status)
        for number, entry in enumerate(entries, start):
            outcome = known.get(entry.sha256 or "")
            self._progress.known += outcome is not None
            has_changed = not entry.in_place and uploaded.get(entry.sha256 or "") is False
            if entry.reason or (has_changed and outcome is None):
                outcome = Outcome.failed(entry.reason or FailureReason.CHANGED)
                self._progress.refused += 1
            if outcome:
                positive = has_glasses(outcome, job_rule.faces, job_rule.threshold)
                records.append(OutcomeRecord(number, outcome, positive, None))
        is_complete = len(records) == len(entries)
        if records:
            ends_chunk = chunk if is_complete else None
            self._ledger.record(chunk.job_id, ends_chunk, records, model=status.model or "")
        if not is_complete and answer is EnqueueAnswer.ENQUEUED:
            send_chunk(self._redis, chunk, priority)
        return status.state is not JobState.CANCELLED

    def fill_gaps(
        self,
        total: int | None,
        is_stored: Callable[[ManifestEntry], bool] = lambda _entry: True,
    ) -> int:
        """Enqueue the photos that are in the manifest and missing in Redis, without uploading.

        May be interrupted at any point; the next call continues.

        Args:
            total: Number of photos in the job; None if its submitter died.
            is_stored: Tells whether a photo was uploaded before the submitter died. Called for the
                last segment only: a segment is written when the previous one is uploaded.

        Returns:
            The number of photos that were enqueued.

        Raises:
            InfrastructureError: A server is unreachable.
            redis.RedisError: Redis failed.
        """
        filled = 0
        for first, gaps, entries in self._gaps(total, is_stored):
            if gaps and not self._fill(first, entries, set(gaps)):
                break
            filled += len(gaps)
        return filled

    def _gaps(
        self, total: int | None, is_stored: Callable[[ManifestEntry], bool]
    ) -> Iterator[tuple[int, list[int], list[ManifestEntry]]]:
        """Yield per segment its first photo number, the missing numbers, and its entries."""
        job_id = self._spec.job_id
        if total is not None:
            for first in range(0, total, SEGMENT):
                gaps = self._ledger.missing(job_id, first, min(SEGMENT, total - first))
                if gaps:
                    entries = self._manifests.segment(job_id, first // SEGMENT)
                    yield first, [gap for gap in gaps if gap - first < len(entries)], entries
            return
        number, entries = 0, self._manifests.segment(job_id, 0)
        while entries:
            following = self._manifests.segment(job_id, number + 1)
            first = number * SEGMENT
            gaps = self._ledger.missing(job_id, first, len(entries))
            if not following:
                gaps = [gap for gap in gaps if is_stored(entries[gap - first])]
            yield first, gaps, entries
            number, entries = number + 1, following

    def _fill(self, first: int, entries: list[ManifestEntry], gaps: set[int]) -> bool:
        """Enqueue the missing photos of a segment within their original chunk boundaries.

        Returns:
            False if the job was cancelled or removed.
        """
        status = self.status()
        known, _ = find_known(self._redis, entries, status.model, self._spec.retention_seconds)
        for chosen in chunks.chunks(first, entries, self._spec.chunk_size):
            chunk_numbers = range(first + chosen.start, first + chosen.stop)
            for is_gap, run in groupby(chunk_numbers, gaps.__contains__):
                numbers = list(run) if is_gap else []
                part = [entries[number - first] for number in numbers]
                if part and not self.chunk(numbers[0], part, known, {}, status):
                    return False
        return True


def create_job(redis: Redis, store: ObjectStore, spec: JobSpec) -> None:
    """Create a job, bound to the workers' model if all workers have the same one.

    Raises:
        InfrastructureError: The object store failed; no job was created.
        redis.RedisError: Redis failed; no job was created.
    """
    worker = common_model(redis)
    ManifestStore(store).write_spec(spec)
    try:
        Ledger(redis).create(spec, worker.model if worker else None, _threshold(spec, worker))
    except RedisError:
        store.delete(store.keys(job_prefix(spec.job_id)))
        raise


def recreate(
    ledger: Ledger, manifests: ManifestStore, spec: JobSpec, worker: WorkerInfo | None = None
) -> bool:
    """Create a job again in a Redis that has lost it.

    Args:
        ledger: The ledger that may have lost it.
        manifests: Tells whether the job was removed: a removal deletes its specification first.
        spec: The job.
        worker: The job is bound to the model of this worker at once.

    Returns:
        False if Redis knows the job, or the job was removed.
    """
    if ledger.spec(spec.job_id) is not None or manifests.spec(spec.job_id) is None:
        return False
    model = worker.model if worker else None
    created = ledger.create(spec, model, _threshold(spec, worker))
    if created and manifests.spec(spec.job_id) is None:  # removed in the meantime
        ledger.forget(spec.job_id)
        return False
    return created


def _threshold(spec: JobSpec, worker: WorkerInfo | None) -> float | None:
    return worker.threshold if spec.threshold is None and worker else spec.threshold

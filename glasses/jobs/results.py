"""Results: read the verdicts of a job, in submission order or as they arrive."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from redis import Redis

from glasses.errors import UsageError
from glasses.ledger import Snapshot, keys
from glasses.protocol.outcome import Outcome
from glasses.protocol.photo_result import PhotoResult
from glasses.protocol.schemas import JobStatus
from glasses.protocol.statuses import TERMINAL_JOB_STATES
from glasses.protocol.verdict import DecisionRule, Verdict
from glasses.storage.manifest import SEGMENT, ManifestStore
from glasses.storage.object_store import ObjectStore

_START = "0-0"
"""The stream cursor before the first event."""
_EVENTS_PER_READ = 64
"""Events (about one per chunk) that are read at a time."""


class Results:
    """The verdicts of one job.

    Args:
        redis: Holds the outcomes.
        store: Holds the manifest, which has the names.
        job_id: The job.
        inspect: Returns a snapshot of the job.
    """

    def __init__(
        self, redis: Redis, store: ObjectStore, job_id: str, inspect: Callable[[], Snapshot]
    ) -> None:
        self._redis: Any = redis
        self._inspect = inspect
        self._manifests = ManifestStore(store)
        self._job_id = job_id

    def in_order(self) -> Iterator[Verdict]:
        """Yield the verdicts recorded so far, in submission order."""
        for photo in self.photo_results():
            yield photo.verdict

    def photo_results(self) -> Iterator[PhotoResult]:
        """Yield the photos that have a verdict, in submission order."""
        snapshot = self._inspect()
        for first in range(0, snapshot.extent, SEGMENT):
            numbers = list(range(first, first + SEGMENT))
            for _, photo in self._read(numbers, snapshot.status):
                yield photo

    def follow(self, poll_seconds: float = 1) -> Iterator[list[Verdict]]:
        """Yield batches of verdicts as they arrive until the job has ended.

        A batch is empty when nothing has arrived within `poll_seconds`. Each photo is yielded once,
        even if Redis loses its last seconds and the photo is classified again.
        """
        cursor, seen = _START, bytearray()
        while True:
            snapshot = self._inspect()
            has_ended = snapshot.status.state in TERMINAL_JOB_STATES
            cursor, numbers = self._read_events(cursor, 0 if has_ended else poll_seconds)
            verdicts = list(self._unseen(numbers, seen, snapshot.status))
            if has_ended and not numbers:
                # Redis may have lost events, so read the outcomes themselves once.
                for first in range(0, snapshot.extent, SEGMENT):
                    rest = list(range(first, min(first + SEGMENT, snapshot.extent)))
                    if verdicts := list(self._unseen(rest, seen, snapshot.status)):
                        yield verdicts
                return
            yield verdicts

    def _unseen(self, numbers: list[int], seen: bytearray, status: JobStatus) -> Iterator[Verdict]:
        """Yield the verdicts of photos that are not in `seen` (one bit per photo); add them."""
        if numbers and len(seen) <= max(numbers) // 8:
            seen.extend(bytes(max(numbers) // 8 + 1 - len(seen)))
        unseen = [number for number in numbers if not seen[number // 8] >> number % 8 & 1]
        for number, photo in self._read(unseen, status):
            if not seen[number // 8] >> number % 8 & 1:
                seen[number // 8] |= 1 << number % 8
                yield photo.verdict

    def _read_events(self, cursor: str, wait_seconds: float) -> tuple[str, list[int]]:
        """Read which photos got outcomes after a cursor; the cost does not grow with the job.

        Args:
            cursor: `_START`, or the cursor that the last call returned.
            wait_seconds: How long to wait for the first event.

        Returns:
            The new cursor, and the numbers of the photos in order of arrival (empty: no event).
        """
        block = max(1, round(wait_seconds * 1000)) if wait_seconds else None
        stream = keys.events(self._job_id)
        answer = self._redis.xread({stream: cursor}, count=_EVENTS_PER_READ, block=block)
        # RESP3 answers with a dict of lists of events, RESP2 with pairs of key and events.
        streams = answer.values() if isinstance(answer, dict) else [[pair[1]] for pair in answer]
        events = [event for parts in streams for part in parts for event in part]
        if not events:
            return cursor, []
        return events[-1][0], [int(n) for _, fields in events for n in fields["n"].split(",")]

    def _read(self, numbers: list[int], status: JobStatus) -> Iterator[tuple[int, PhotoResult]]:
        """Yield those of the photos that have an outcome, each with its number."""
        texts = self._redis.hmget(keys.outcomes(self._job_id), numbers) if numbers else []
        for number, text in zip(numbers, texts, strict=True):
            if text is None:
                continue
            entries = self._manifests.entries(self._job_id, number, 1)
            if not entries:
                raise UsageError(
                    f"the manifest of job {self._job_id} is missing in the object store, so the "
                    "names of its photos are unknown: submit the photos again"
                )
            outcome = Outcome.decode(text)
            yield number, PhotoResult.of(entries[0], outcome, decision_rule(status))


def decision_rule(status: JobStatus) -> DecisionRule:
    """Return the rule by which a job's outcomes become verdicts.

    A job without a threshold has no worker yet. Its only outcomes are failures, which need none.
    """
    return DecisionRule(
        model=status.model or "none",
        threshold=status.threshold if status.threshold is not None else 0.5,
        faces=status.faces,
    )

"""Reading verdicts: all in the order of submission, or the new ones as they arrive."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from redis import Redis

from glasses import keys
from glasses.errors import UsageError
from glasses.job_files import SEGMENT, JobFiles
from glasses.judged import Judged
from glasses.ledger import Ledger
from glasses.object_store import ObjectStore
from glasses.outcome import Outcome
from glasses.schemas import JobStatus
from glasses.statuses import TERMINAL_JOB_STATES
from glasses.verdict import Rule, Verdict, verdict

START = "0-0"
"""The cursor before the first verdict."""
_STEPS = 64
"""Log entries (about one a chunk) read at a time."""


class Results:
    """The verdicts of one job."""

    def __init__(self, redis: Redis, store: ObjectStore, job_id: str) -> None:
        self._redis: Any = redis
        self._ledger = Ledger(redis)
        self._files = JobFiles(store)
        self._job_id = job_id

    def in_order(self) -> Iterator[Verdict]:
        """The verdicts that there are, in the order of submission."""
        for photo in self.judged():
            yield photo.verdict

    def judged(self) -> Iterator[Judged]:
        """The photos that have a verdict, in the order of submission."""
        status = self._ledger.status(self._job_id)
        for number in range(-(-status.submitted // SEGMENT)):
            first = number * SEGMENT
            yield from self._judged(list(range(first, first + SEGMENT)), status)

    def new(self, cursor: str, wait_seconds: float = 0) -> tuple[str, list[Verdict]]:
        """Verdicts that arrived after a cursor; the cost is theirs, not the job's size.

        Args:
            cursor: `START`, or what the last call returned.
            wait_seconds: Wait so long for the first one.

        Returns:
            The new cursor, and the verdicts in the order of their arrival (none: nothing new).
        """
        block = max(1, round(wait_seconds * 1000)) if wait_seconds else None
        answer = self._redis.xread({keys.log(self._job_id): cursor}, count=_STEPS, block=block)
        # RESP3 answers with a dict of lists of steps, RESP2 with pairs of key and steps.
        streams = answer.values() if isinstance(answer, dict) else [[pair[1]] for pair in answer]
        steps = [step for parts in streams for part in parts for step in part]
        if not steps:
            return cursor, []
        numbers = [int(n) for _, fields in steps for n in fields["n"].split(",")]
        status = self._ledger.status(self._job_id)
        return steps[-1][0], [photo.verdict for photo in self._judged(numbers, status)]

    def follow(self, poll_seconds: float = 1) -> Iterator[list[Verdict]]:
        """Batches of verdicts as they arrive, until the job has ended; [] at each quiet moment."""
        cursor = START
        while True:
            ended = self._ledger.status(self._job_id).state in TERMINAL_JOB_STATES
            cursor, found = self.new(cursor, 0 if ended else poll_seconds)
            if ended and not found:
                return
            yield found

    def _judged(self, numbers: list[int], status: JobStatus) -> Iterator[Judged]:
        texts = self._redis.hmget(keys.rows(self._job_id), numbers) if numbers else []
        for number, text in zip(numbers, texts, strict=True):
            if text is None:
                continue
            entries = self._files.entries(self._job_id, number, 1)
            if not entries:
                raise UsageError(
                    f"the manifest of job {self._job_id} is gone from the object store, so its "
                    "verdicts have no names any more; submit the photos again"
                )
            entry = entries[0]
            row = verdict(entry.image, entry.sha256, Outcome.decode(text), rule(status))
            yield Judged(entry, row)


def rule(status: JobStatus) -> Rule:
    """How a job's outcomes become verdicts.

    Before any worker has taken a chunk only failures have a row, and those need no threshold.
    """
    return Rule(
        model=status.model or "none",
        threshold=status.threshold if status.threshold is not None else 0.5,
        faces=status.faces,
    )

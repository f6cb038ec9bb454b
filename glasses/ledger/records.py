"""Records: arguments and results of the ledger's steps."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from glasses.protocol.outcome import Outcome
from glasses.protocol.schemas import JobSpec, JobStatus
from glasses.protocol.statuses import VERDICT_STATUSES, JobState
from glasses.protocol.verdict import FaceChoice


class EnqueueAnswer(StrEnum):
    """Whether the message of a chunk must be sent, or why not."""

    ENQUEUED = "enqueued"
    """Send it."""
    PAUSED = "paused"
    """The job is paused: the chunk is queued when the job is resumed."""
    DONE = "done"
    """All photos of the chunk have outcomes."""
    CANCELLED = "cancelled"
    """The job was cancelled."""
    GONE = "gone"
    """The job does not exist, or has expired."""


class AcquireAnswer(StrEnum):
    """Whether a worker has leased a chunk, or why not."""

    ACQUIRED = "acquired"
    GONE = "gone"
    """The job does not exist, or has expired."""
    CANCELLED = "cancelled"
    """The job was cancelled."""
    DONE = "done"
    """The chunk is complete."""
    BUSY = "busy"
    """Another worker has leased it."""
    PAUSED = "paused"
    """The job is paused; the chunk is suspended until it is resumed."""
    OTHER_MODEL = "other_model"
    """The job is bound to a model that this worker does not have."""
    EXHAUSTED = "exhausted"
    """The chunk has no attempts left; the worker has leased it to split it or to fail its photo."""


@dataclass(frozen=True, slots=True)
class LeaseGrant:
    """The ledger's answer to a worker that asks for a chunk.

    Attributes:
        answer: Whether the chunk was leased; all that follows holds only if it was.
        attempts: Runs of the chunk so far, including this one.
        faces: Which faces decide.
        threshold: The job's threshold.
        wanted: Numbers of the photos without an outcome.
    """

    answer: AcquireAnswer
    attempts: int = 0
    faces: FaceChoice = FaceChoice.ANY
    threshold: float = 0.5
    wanted: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class OutcomeRecord:
    """A photo's outcome to be recorded in the ledger.

    Attributes:
        number: The photo's number in its job.
        outcome: What the pipeline found.
        with_glasses: Whether the photo counts as with glasses under the job's rule.
        sha256: Hash of its bytes; None keeps the outcome out of the cache.
    """

    number: int
    outcome: Outcome
    with_glasses: bool
    sha256: str | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A consistent view of a job at one moment.

    Attributes:
        status: The job's state and counts, all read at the same moment.
        is_sealed: Whether the job is closed for submissions.
        extent: Exclusive upper bound of the numbers of submitted photos.
        needs_repair: The job can only be continued from its manifest, see `glasses.jobs.recovery`.
    """

    status: JobStatus
    is_sealed: bool
    extent: int
    needs_repair: bool

    @classmethod
    def parse(cls, job_id: str, answer: Sequence[Any]) -> Self:
        """Parse the answer of `lua/inspect.lua`.

        Raises:
            UnreadableJobError: This version cannot read the job's specification.
        """
        fields, submitted, recorded, extent, needs_repair, expires_ms = answer
        values = dict(zip(fields[::2], fields[1::2], strict=True))
        spec = JobSpec.parse(job_id, values["spec"])
        complete = "incomplete" not in values
        state = JobState.of(values["state"], complete, "paused" in values)
        threshold = values.get("threshold")
        left = max(0, submitted - recorded)
        status = JobStatus(
            job_id=job_id,
            name=spec.name,
            state=state,
            created=spec.created,
            expires=expires_ms / 1000,
            paused=float(values["paused"]) if "paused" in values else None,
            schema_version=spec.schema_version,
            finished=float(values["finished"]) if "finished" in values else None,
            submitted=submitted,
            **{status: int(values.get(status, 0)) for status in VERDICT_STATUSES},
            cancelled=left if state is JobState.CANCELLED else 0,
            pending=0 if state is JobState.CANCELLED else left,
            with_glasses=int(values.get("with_glasses", 0)),
            model=values.get("model"),
            threshold=float(threshold) if threshold is not None else None,
            faces=FaceChoice(values["faces"]),
            complete=complete,
            ignored=json.loads(values.get("ignored", "{}")),
        )
        is_sealed = values["state"] != JobState.SUBMITTING
        return cls(status, is_sealed, extent, bool(needs_repair))

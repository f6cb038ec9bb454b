"""The ledger's steps as typed methods. The rules themselves are in `lua/`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from redis import Redis

from glasses.errors import UnknownJobError
from glasses.ledger import keys
from glasses.ledger.queue import PRIORITY_SMALL
from glasses.ledger.records import (
    AcquireAnswer,
    EnqueueAnswer,
    LeaseGrant,
    OutcomeRecord,
    Snapshot,
)
from glasses.ledger.scripts import Scripts, job_keys
from glasses.protocol.outcome import CACHEABLE_REASONS
from glasses.protocol.schemas import (
    SCHEMA_VERSION,
    ChunkMessage,
    JobSpec,
    JobStatus,
    SubmissionEnd,
)
from glasses.protocol.statuses import TERMINAL_JOB_STATES
from glasses.protocol.verdict import FaceChoice


class Ledger:
    """Jobs, chunks and outcomes in Redis. Every method may raise redis-py's exceptions."""

    def __init__(self, redis: Redis) -> None:
        self._redis: Any = redis
        self._run = Scripts(redis).on_job

    def create(self, spec: JobSpec, model: str | None, threshold: float | None) -> bool:
        """Create a job.

        Args:
            spec: The job's specification.
            model: The workers' model, if known: the job is bound to it.
            threshold: The threshold that decides, if known.

        Returns:
            False if the job exists already; then nothing was changed.
        """
        # An older version's job is upgraded to this version's schema: older workers then ignore it.
        text = spec.model_copy(update={"schema_version": SCHEMA_VERSION}).model_dump_json()
        return bool(
            self._run(
                "create",
                spec.job_id,
                [keys.JOBS],
                spec=text,
                faces=spec.faces,
                retention=spec.retention_seconds,
                created=spec.created,
                id=spec.job_id,
                model=model,
                threshold=threshold,
            )
        )

    def enqueue(self, chunk: ChunkMessage, priority: int) -> EnqueueAnswer:
        """Mark a chunk as queued and its photos as submitted; the caller then sends its message."""
        return EnqueueAnswer(
            self._run("enqueue", chunk.job_id, **_fields(chunk), priority=priority)
        )

    def acquire(
        self,
        chunk: ChunkMessage,
        *,
        model: str,
        threshold: float,
        lease_seconds: float,
        max_attempts: int,
        holder: str = "",
    ) -> LeaseGrant:
        """Lease a chunk to a worker and count the attempt.

        Args:
            chunk: The chunk.
            model: The worker's model, as name@fingerprint.
            threshold: That model's threshold, used if the job has none.
            lease_seconds: Duration of the lease, unless it is renewed.
            max_attempts: Runs after which the chunk is exhausted.
            holder: Id of this run: no other run can `renew`, `nack` or `abandon` its chunk.
        """
        answer, *grant = self._run(
            "acquire",
            chunk.job_id,
            **_fields(chunk),
            model=model,
            threshold=threshold,
            lease=round(lease_seconds * 1000),
            max_attempts=max_attempts,
            holder=holder,
        )
        if not grant:
            return LeaseGrant(AcquireAnswer(answer))
        attempts, faces, job_threshold, *numbers = grant
        return LeaseGrant(
            AcquireAnswer(answer),
            int(attempts),
            FaceChoice(faces),
            float(job_threshold),
            tuple(int(number) for number in numbers),
        )

    def renew(self, chunk: ChunkMessage, lease_seconds: float, holder: str = "") -> bool:
        """Extend the lease of a run; return False when its results are no longer needed."""
        lease, chunk_id = round(lease_seconds * 1000), chunk.chunk_id
        return bool(self._run("renew", chunk.job_id, chunk=chunk_id, lease=lease, holder=holder))

    def nack(self, chunk: ChunkMessage, holder: str = "") -> None:
        """Return a chunk to the queue because a server failed; the attempt does not count.

        Nothing happens if another run has taken over the chunk (it has another `holder`).
        """
        self._run("nack", chunk.job_id, chunk=chunk.chunk_id, holder=holder)

    def requeue(self, chunk: ChunkMessage) -> int | None:
        """Append a chunk that another worker must process to the queue.

        Returns:
            The priority at which its message must be sent again; None if it is done or running.
        """
        priority = self._run("requeue", chunk.job_id, chunk=chunk.chunk_id)
        return None if priority is None else int(priority)

    def suspend(self, chunk: ChunkMessage, seconds: float = 0) -> None:
        """Suspend a chunk that no live worker can process for at least `seconds`; see `reclaim`."""
        self._run("suspend", chunk.job_id, chunk=chunk.chunk_id, delay=round(seconds * 1000))

    def abandon(self, chunk: ChunkMessage, holder: str) -> bool:
        """End the lease of a run whose process died.

        Returns:
            True if the chunk must be sent again, at `PRIORITY_SMALL`: it had been acquired before
            everything that is queued now.
        """
        run = {"chunk": chunk.chunk_id, "holder": holder}
        return bool(self._run("abandon", chunk.job_id, priority=PRIORITY_SMALL, **run))

    def record(
        self,
        job_id: str,
        completed: ChunkMessage | None,
        records: Sequence[OutcomeRecord],
        *,
        model: str,
    ) -> int:
        """Record outcomes of photos in one step; existing outcomes are kept.

        Args:
            job_id: The job.
            completed: The chunk that these outcomes complete, if any.
            records: The outcomes.
            model: The model that produced them; they are cached under its name.

        Returns:
            How many were new; -1 when the job is gone, -2 when it was cancelled.
        """
        cached: list[str] = []
        args: list[Any] = []
        for each in records:
            is_cacheable = each.sha256 is not None and each.outcome.reason in CACHEABLE_REASONS
            if is_cacheable:
                cached.append(keys.photo(str(each.sha256)))
            flags = ["01"[each.with_glasses], "01"[is_cacheable]]
            args += [each.number, each.outcome.encode(), each.outcome.status, *flags]
        fields = _fields(completed) if completed else {"chunk": ""}
        fields |= {"model": model, "records": len(records)}
        return int(self._run("record", job_id, cached, args, **fields))

    def split(self, chunk: ChunkMessage, priority: int, max_attempts: int) -> list[str]:
        """Replace a chunk by its halves; return their ids, or [] when it was split already.

        A half gets one more attempt, which isolates a poison photo quickly. A single photo gets all
        attempts, so that no photo fails because of one unrelated kill.
        """
        half = chunk.count // 2
        halves = [
            (f"{start}+{count}", max_attempts - 1 if count > 1 else 0)
            for start, count in [(chunk.start, half), (chunk.start + half, chunk.count - half)]
        ]
        was_split = self._run(
            "split", chunk.job_id, chunk=chunk.chunk_id, halves=halves, priority=priority
        )
        return [chunk_id for chunk_id, _ in halves] if was_split else []

    def seal(self, job_id: str, end: SubmissionEnd | None) -> int:
        """Close a job for submissions.

        Args:
            job_id: The job.
            end: What was submitted; None if the submitter stopped before the last photo.

        Returns:
            How many of them Redis lost in a crash: they must be enqueued again.
        """
        total = end.photos if end else None
        ignored = end.ignored or None if end else None
        return int(self._run("seal", job_id, total=total, ignored=ignored))

    def seal_abandoned(self, job_id: str) -> None:
        """Seal a job whose submitter died, with the photos submitted until then."""
        self._run("seal", job_id, dead=True)

    def cancel(self, job_id: str) -> None:
        """Cancel a job; a finished or cancelled one does not change."""
        self._run("cancel", job_id)

    def pause(self, job_id: str) -> None:
        """Pause a job: no chunk of it starts; a finished or cancelled one does not change."""
        self._run("pause", job_id)

    def resume(self, job_id: str) -> None:
        """Resume a paused job; `glasses.ledger.reclaim` then queues its suspended chunks."""
        self._run("resume", job_id)

    def recount(self, job_id: str) -> None:
        """Rebuild the bitmap of submitted photos after keys of the job were deleted."""
        self._run("recount", job_id)

    def forget(self, job_id: str) -> None:
        """Delete all keys of a job."""
        self._redis.delete(*(key for key in job_keys(job_id) if f":{job_id}" in key))
        self._redis.zrem(keys.JOBS, job_id)

    def missing(self, job_id: str, start: int, count: int) -> list[int]:
        """Return which of `count` photos from `start` on Redis does not know as enqueued."""
        words = range(start // _BITS, -(-(start + count) // _BITS))
        gets = [word for at in words for word in ("GET", f"u{_BITS}", f"#{at}")]
        answer = self._redis.execute_command("BITFIELD_RO", keys.submitted(job_id), *gets)
        bits = dict(zip(words, answer, strict=True))
        return [
            number
            for number in range(start, start + count)
            if not bits[number // _BITS] >> (_BITS - 1 - number % _BITS) & 1
        ]

    def spec(self, job_id: str) -> JobSpec | None:
        """Return a job's specification; None when the job is unknown or expired.

        Raises:
            UnreadableJobError: A newer version wrote it, or it is damaged.
        """
        text, retention = self._redis.hmget(keys.job(job_id), "spec", "retention")
        if not text:
            return None
        spec = JobSpec.parse(job_id, text)
        return spec if retention else None

    def is_of_older_version(self, job_id: str) -> bool:
        """Return whether Redis has the job in an older version's layout, which no step changes."""
        state, retention = self._redis.hmget(keys.job(job_id), "state", "retention")
        return state is not None and retention is None

    def status(self, job_id: str) -> JobStatus:
        """Return a job's state and counts.

        Raises:
            UnknownJobError: The job does not exist.
            UnreadableJobError: This version cannot read it.
        """
        return self.inspect(job_id).status

    def inspect(self, job_id: str) -> Snapshot:
        """Return a consistent snapshot of a job.

        Raises:
            UnknownJobError: The job does not exist.
            UnreadableJobError: This version cannot read it.
        """
        answer = self._run("inspect", job_id)
        if not answer:
            raise UnknownJobError(
                f"no job {job_id!r} (it may have expired): `glasses jobs` lists them"
            )
        return Snapshot.parse(job_id, answer)

    def model(self, job_id: str) -> str | None:
        """Return the model that a job is bound to; None until a worker acquires its first chunk."""
        model = self._redis.hget(keys.job(job_id), "model")
        return None if model is None else str(model)

    def open_job_ids(self) -> list[str]:
        """Return the jobs that are neither done nor cancelled, the newest first."""
        terminal = set(TERMINAL_JOB_STATES)
        return [job_id for job_id, state in self._states() if state not in terminal]

    def job_ids(self) -> list[str]:
        """Return all jobs that have not expired, the newest first."""
        return [job_id for job_id, _ in self._states()]

    def _states(self) -> list[tuple[str, str]]:
        ids: list[str] = self._redis.zrevrange(keys.JOBS, 0, -1)
        with self._redis.pipeline(transaction=False) as pipe:
            for job_id in ids:
                pipe.hmget(keys.job(job_id), "state", "retention")
            jobs = list(zip(ids, pipe.execute(), strict=True))
        if expired := [job_id for job_id, (state, _) in jobs if not state]:
            self._redis.zrem(keys.JOBS, *expired)
        return [(job_id, state) for job_id, (state, retention) in jobs if state and retention]


_BITS = 32
"""Bits of the submitted bitmap that are read as one number."""


def _fields(chunk: ChunkMessage) -> dict[str, Any]:
    return {"chunk": chunk.chunk_id, "start": chunk.start, "count": chunk.count}

"""The ledger's steps as methods. Its rules are in `lua/`; here are names and types."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from redis import Redis

from glasses import keys
from glasses.errors import UsageError
from glasses.lanes import lane
from glasses.ledger.scripts import Scripts
from glasses.outcome import DEPENDS_ON_BYTES_ALONE, Outcome
from glasses.queue import PRIORITY_SMALL, PRIORITY_STEPS
from glasses.schemas import ChunkMessage, JobSpec, JobStatus
from glasses.statuses import TERMINAL_JOB_STATES, VERDICT_STATUSES, JobState
from glasses.verdict import FaceChoice


@dataclass(frozen=True, slots=True)
class Begun:
    """What a worker is told when it takes a chunk.

    Attributes:
        answer: `begun`, or why not: `gone`, `cancelled`, `done`, `busy`, `other_model`,
            `exhausted`.
        attempts: Runs of the chunk so far, this one included.
        faces: Which faces decide.
        threshold: The job's.
        wanted: Numbers of the photos that have no verdict yet.
    """

    answer: str
    attempts: int = 0
    faces: FaceChoice = FaceChoice.ANY
    threshold: float = 0.5
    wanted: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Recorded:
    """A photo's outcome on its way into the ledger.

    Attributes:
        number: The photo's number in its job.
        outcome: What was found.
        with_glasses: By the job's rule.
        sha256: Of its bytes; None keeps the outcome out of the cache.
    """

    number: int
    outcome: Outcome
    with_glasses: bool
    sha256: str | None


class Ledger:
    """Jobs, chunks and verdicts on Redis. Raises redis' own exceptions."""

    def __init__(self, redis: Redis) -> None:
        self._redis: Any = redis
        self._run = Scripts(redis)

    def create(self, spec: JobSpec, model: str | None, threshold: float | None) -> None:
        """Enter a new job.

        Args:
            spec: What was asked for.
            model: The workers' model, if it is known already: the job is bound to it.
            threshold: What decides, if it is known already.
        """
        values: dict[str, Any] = {
            "spec": spec.model_dump_json(),
            "state": JobState.SUBMITTING,
            "faces": spec.faces,
            "submitted": 0,
            "cancelled": 0,
            "with_glasses": 0,
            **dict.fromkeys(VERDICT_STATUSES, 0),
        }
        if model is not None:
            values["model"] = model
        if threshold is not None:
            values["threshold"] = threshold
        with self._redis.pipeline(transaction=True) as pipe:
            pipe.hset(keys.job(spec.job_id), mapping=values)
            pipe.expire(keys.job(spec.job_id), spec.retention_seconds)
            pipe.zadd(keys.JOBS, {spec.job_id: spec.created})
            pipe.expire(keys.JOBS, spec.retention_seconds)
            pipe.set(keys.submitter(spec.job_id), "1", ex=keys.SUBMITTER_SECONDS)
            pipe.execute()

    def open(self, spec: JobSpec, chunk: ChunkMessage, priority: int) -> str:
        """Count a chunk's photos and expect its message; `opened`, `cancelled` or `gone`."""
        names = [
            keys.job(spec.job_id),
            keys.chunks(spec.job_id),
            keys.waiting(spec.job_id, priority),
        ]
        return str(
            self._run(
                "open", names, [chunk.chunk_id, chunk.count, priority, spec.retention_seconds]
            )
        )

    def begin(
        self,
        chunk: ChunkMessage,
        *,
        model: str,
        threshold: float,
        lease_seconds: float,
        max_attempts: int,
        ttl: int,
        holder: str = "",
    ) -> Begun:
        """Take a chunk for a worker, the attempt counted first; `holder` names this run."""
        job_id = chunk.job_id
        names = [
            keys.job(job_id),
            keys.rows(job_id),
            keys.chunks(job_id),
            keys.due(job_id),
            keys.begun(lane(job_id)),
            *_waiting(job_id),
        ]
        lease = round(lease_seconds * 1000)
        args = [chunk.chunk_id, chunk.start, chunk.count, lease, max_attempts]
        answer = self._run("begin", names, [*args, model, threshold, ttl, holder])
        if answer[0] != "begun":
            return Begun(answer[0])
        return Begun(
            "begun",
            int(answer[1]),
            FaceChoice(answer[2]),
            float(answer[3]),
            tuple(int(number) for number in answer[4:]),
        )

    def renew(self, chunk: ChunkMessage, lease_seconds: float) -> bool:
        """Keep a chunk; False when it is no longer wanted."""
        names = [keys.job(chunk.job_id), keys.due(chunk.job_id)]
        return bool(self._run("renew", names, [chunk.chunk_id, round(lease_seconds * 1000)]))

    def give_back(self, chunk: ChunkMessage, ttl: int, holder: str = "") -> None:
        """Return a chunk untouched, since a server failed: the attempt does not count.

        A run that another one has replaced meanwhile (`holder` is not the chunk's) returns nothing.
        """
        names = [keys.chunks(chunk.job_id), keys.due(chunk.job_id), *_waiting(chunk.job_id)]
        self._run("give_back", names, [chunk.chunk_id, ttl, holder, *PRIORITY_STEPS])

    def defer(self, chunk: ChunkMessage, ttl: int) -> int | None:
        """Put a chunk that another worker has to take behind all that waits.

        Returns:
            The priority at which its message must be sent again; None if it is done or running.
        """
        names = [keys.chunks(chunk.job_id), *_waiting(chunk.job_id)]
        priority = self._run("defer", names, [chunk.chunk_id, ttl, *PRIORITY_STEPS])
        return None if priority is None else int(priority)

    def park(self, chunk: ChunkMessage, ttl: int) -> None:
        """Set a chunk aside, since no worker has its job's model; see `reclaim`."""
        names = [keys.chunks(chunk.job_id), keys.due(chunk.job_id), *_waiting(chunk.job_id)]
        self._run("park", names, [chunk.chunk_id, ttl])

    def release(self, chunk: ChunkMessage, holder: str, ttl: int) -> bool:
        """End the lease of a run whose process died; True: send the chunk again, ahead of others.

        It was taken before everything that waits, so that is its place.
        """
        names = [
            keys.chunks(chunk.job_id),
            keys.due(chunk.job_id),
            keys.waiting(chunk.job_id, PRIORITY_SMALL),
        ]
        return bool(self._run("release", names, [chunk.chunk_id, holder, PRIORITY_SMALL, ttl]))

    def record(
        self,
        job_id: str,
        ends_chunk: ChunkMessage | None,
        rows: Sequence[Recorded],
        *,
        model: str,
        ttl: int,
    ) -> int:
        """Give photos their verdicts in one step.

        Args:
            job_id: The job.
            ends_chunk: The chunk that is done with this, if any.
            rows: The outcomes.
            model: The model that they hold for; the cache's field.
            ttl: Life of verdicts and cache from now on, s.

        Returns:
            How many were new; -1 when the job is gone, -2 when it was cancelled.
        """
        cached: list[str] = []
        args: list[Any] = [ends_chunk.chunk_id if ends_chunk else "", ttl, model, len(rows)]
        for row in rows:
            keep = row.sha256 is not None and row.outcome.reason in DEPENDS_ON_BYTES_ALONE
            if keep:
                cached.append(keys.photo(str(row.sha256)))
            positive = "1" if row.with_glasses else "0"
            args += [row.number, row.outcome.encode(), row.outcome.status, positive, "01"[keep]]
        names = [
            keys.job(job_id),
            keys.rows(job_id),
            keys.log(job_id),
            keys.chunks(job_id),
            keys.due(job_id),
            *_waiting(job_id),
        ]
        return int(self._run("record", names + cached, args))

    def split(self, chunk: ChunkMessage, priority: int, max_attempts: int, ttl: int) -> list[str]:
        """Halve a chunk; its halves' names, or [] when that was done already.

        A half gets one try more, a single photo all of them: the sooner a poison photo stands
        alone the better, but no photo may be blamed for one unlucky kill.
        """
        half = chunk.count // 2
        halves = [(chunk.start, half), (chunk.start + half, chunk.count - half)]
        names = [
            keys.chunks(chunk.job_id),
            keys.due(chunk.job_id),
            keys.waiting(chunk.job_id, priority),
        ]
        args: list[Any] = [chunk.chunk_id]
        for start, count in halves:
            args += [f"{start}+{count}", max_attempts - 1 if count > 1 else 0]
        done = self._run("split", names, [*args, ttl, priority])
        return [f"{start}+{count}" for start, count in halves] if done else []

    def seal(self, job_id: str, total: int | None) -> bool:
        """Note that nothing more is submitted.

        Args:
            job_id: The job.
            total: How many photos that was; None if the submitter stopped before the last.

        Returns:
            False if the ledger knows fewer: a crash of Redis took them back. Nothing was sealed.
        """
        args = ["" if total is None else total, "0"]
        return bool(self._run("seal", [keys.job(job_id), keys.submitter(job_id)], args) != "short")

    def seal_abandoned(self, job_id: str) -> None:
        """Seal a job whose submitter died, at what it had opened."""
        self._run("seal", [keys.job(job_id), keys.submitter(job_id)], ["", "1"])

    def cancel(self, job_id: str) -> None:
        """Stop a job; an ended one stays as it is."""
        names = [keys.job(job_id), keys.chunks(job_id), keys.due(job_id), *_waiting(job_id)]
        self._run("cancel", names, [])

    def forget(self, job_id: str) -> None:
        """Remove everything that is known of a job."""
        names = [keys.job(job_id), keys.rows(job_id), keys.log(job_id), keys.chunks(job_id)]
        names += [keys.due(job_id), keys.submitter(job_id), *_waiting(job_id)]
        self._redis.delete(*names)
        self._redis.zrem(keys.JOBS, job_id)

    def spec(self, job_id: str) -> JobSpec | None:
        """What was asked for; None when the job is unknown or expired.

        Raises:
            UnreadableJobError: A newer version wrote it, or it is damaged.
        """
        text = self._redis.hget(keys.job(job_id), "spec")
        return JobSpec.parse(job_id, text) if text else None

    def status(self, job_id: str) -> JobStatus:
        """A job's counters.

        Raises:
            UsageError: There is no such job, or this version cannot read it.
        """
        values = self._redis.hgetall(keys.job(job_id))
        if "spec" not in values:
            raise UsageError(f"no job {job_id!r} (it may have expired): `glasses jobs` lists them")
        spec = JobSpec.parse(job_id, values["spec"])
        ended = {s: int(values[s]) for s in ("classified", "no_face", "failed", "cancelled")}
        threshold = values.get("threshold")
        return JobStatus(
            job_id=job_id,
            name=spec.name,
            state=JobState(values["state"]),
            created=spec.created,
            schema_version=spec.schema_version,
            finished=float(values["finished"]) if "finished" in values else None,
            submitted=int(values["submitted"]),
            **ended,
            pending=int(values["submitted"]) - sum(ended.values()),
            with_glasses=int(values["with_glasses"]),
            model=values.get("model"),
            threshold=float(threshold) if threshold is not None else None,
            faces=FaceChoice(values["faces"]),
            complete="incomplete" not in values,
        )

    def model(self, job_id: str) -> str | None:
        """The model that a job is bound to; None before any worker has taken a chunk."""
        found = self._redis.hget(keys.job(job_id), "model")
        return None if found is None else str(found)

    def open_job_ids(self) -> list[str]:
        """Jobs that have not ended."""
        ids = self.job_ids()
        with self._redis.pipeline(transaction=False) as pipe:
            for job_id in ids:
                pipe.hget(keys.job(job_id), "state")
            states = pipe.execute()
        ended = set(TERMINAL_JOB_STATES)
        return [i for i, state in zip(ids, states, strict=True) if state and state not in ended]

    def job_ids(self) -> list[str]:
        """All jobs that have not expired, the newest first."""
        ids: list[str] = self._redis.zrevrange(keys.JOBS, 0, -1)
        with self._redis.pipeline(transaction=False) as pipe:
            for job_id in ids:
                pipe.exists(keys.job(job_id))
            there = pipe.execute()
        known = [job_id for job_id, found in zip(ids, there, strict=True) if found]
        expired = [job_id for job_id, found in zip(ids, there, strict=True) if not found]
        if expired:
            self._redis.zrem(keys.JOBS, *expired)
        return known


def _waiting(job_id: str) -> list[str]:
    return [keys.waiting(job_id, priority) for priority in PRIORITY_STEPS]

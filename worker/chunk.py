"""One chunk: take it, fetch its photos, classify them, record their verdicts in one step."""

from __future__ import annotations

import hashlib
import logging
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from itertools import islice
from typing import Any

from glasses import keys
from glasses.ledger import Begun, Recorded
from glasses.object_store import image_key
from glasses.outcome import Outcome
from glasses.schemas import ChunkMessage, ManifestEntry
from glasses.statuses import FailureReason
from glasses.verdict import decisive_probability
from worker.context import Context
from worker.lease import Lease
from worker.pipeline import Found
from worker.tally import awaited, current, stage

FETCHED_AHEAD = 2
"""Photos that are fetched before their turn, for each fetching thread."""

Sender = Callable[[ChunkMessage, int], None]
_log = logging.getLogger(__name__)


def run_chunk(
    context: Context, chunk: ChunkMessage, priority: int, send: Sender, holder: str = ""
) -> str:
    """Work on a chunk.

    Args:
        context: This process's.
        chunk: What to do.
        priority: At which it was queued.
        send: Queues a chunk again.
        holder: Names this run in the ledger.

    Returns:
        The ledger's answer: `begun` if it was worked on, else why not.

    Raises:
        InfrastructureError: The object store failed; the chunk was not recorded.
        redis.RedisError: Redis failed.
    """
    settings = context.settings
    begun = context.ledger.begin(
        chunk,
        model=context.pipeline.model,
        threshold=context.pipeline.threshold,
        lease_seconds=settings.lease_seconds,
        max_attempts=settings.max_attempts,
        ttl=settings.retention_seconds,
        holder=holder,
    )
    if begun.answer == "exhausted":
        _isolate(context, chunk, priority, send)
    elif begun.answer == "begun":
        current().attempt = begun.attempts
        with Lease(context.ledger, chunk, settings.lease_seconds) as lease:
            rows = _work(context, chunk, begun, lease)
        if rows is not None:
            _record(context, chunk, rows)
    return begun.answer


def _isolate(context: Context, chunk: ChunkMessage, priority: int, send: Sender) -> None:
    """The chunk's attempts ran out: halve it, or give up on its only photo."""
    settings = context.settings
    if chunk.count == 1:
        _log.error("photo %d of job %s kills workers: given up", chunk.start, chunk.job_id)
        outcome = Outcome.failed(FailureReason.CRASHED_WORKER)
        _record(context, chunk, [Recorded(chunk.start, outcome, False, None)])
        return
    halves = context.ledger.split(
        chunk, priority, settings.max_attempts, settings.retention_seconds
    )
    for half in halves:
        send(ChunkMessage.of(chunk.job_id, half), priority)


def _work(
    context: Context, chunk: ChunkMessage, begun: Begun, lease: Lease
) -> list[Recorded] | None:
    """Outcomes of the wanted photos; None when the job was cancelled meanwhile."""
    wanted = _entries(context, chunk, begun)
    outcomes = _known(context, [entry for _, entry in wanted])
    found: dict[str, Found | Outcome] = {}
    for sha256, data in awaited("fetch", _fetched(context, wanted, outcomes)):
        if lease.lost:
            return None
        with stage("find"):
            found[sha256] = data if isinstance(data, Outcome) else context.pipeline.find(data)
    with stage("classify"):
        outcomes |= zip(found, context.pipeline.classify(list(found.values())), strict=True)
    rows = []
    for number, entry in wanted:
        outcome = outcomes.get(entry.sha256 or "") or Outcome.failed(
            entry.reason or FailureReason.UNREADABLE
        )
        probability = decisive_probability(outcome, begun.faces)
        positive = probability is not None and probability >= begun.threshold
        rows.append(Recorded(number, outcome, positive, entry.sha256))
    return rows


def _entries(
    context: Context, chunk: ChunkMessage, begun: Begun
) -> list[tuple[int, ManifestEntry]]:
    """The manifest's lines of the wanted photos; of what is missing there, that it vanished."""
    found = context.files.entries(chunk.job_id, chunk.start, chunk.count)
    gone = ManifestEntry(image="", reason=FailureReason.VANISHED)
    return [
        (number, found[number - chunk.start] if number - chunk.start < len(found) else gone)
        for number in begun.wanted
    ]


def _known(context: Context, entries: list[ManifestEntry]) -> dict[str, Outcome]:
    """Outcomes of contents that this model has seen before, in this job or another."""
    contents = sorted({entry.sha256 for entry in entries if entry.sha256})
    redis: Any = context.redis
    with redis.pipeline(transaction=False) as pipe:
        for sha256 in contents:
            pipe.hget(keys.photo(sha256), context.pipeline.model)
        texts = pipe.execute()
    return {s: Outcome.decode(text) for s, text in zip(contents, texts, strict=True) if text}


def _fetched(
    context: Context, wanted: list[tuple[int, ManifestEntry]], known: dict[str, Outcome]
) -> Iterator[tuple[str, bytes | Outcome]]:
    """Each content once, in the order of the photos, a few of them fetched ahead of their use.

    A few, not all: a chunk's photos may be hundreds of megabytes each.
    """
    contents = dict.fromkeys(e.sha256 for _, e in wanted if e.sha256 and not e.reason)
    remaining = iter([sha256 for sha256 in contents if sha256 not in known])
    ahead: deque[tuple[str, Future[bytes | Outcome]]] = deque()
    for sha256 in islice(remaining, FETCHED_AHEAD * context.settings.fetch_threads):
        ahead.append((sha256, context.fetchers.submit(_photo, context, sha256)))
    while ahead:
        sha256, future = ahead.popleft()
        data = future.result()
        if (following := next(remaining, None)) is not None:
            ahead.append((following, context.fetchers.submit(_photo, context, following)))
        yield sha256, data


def _photo(context: Context, sha256: str) -> bytes | Outcome:
    data = context.store.get(image_key(sha256))
    if data is None:
        redis: Any = context.redis
        redis.hdel(keys.photo(sha256), keys.UPLOADED)  # so that the next submit sends it again
        return Outcome.failed(FailureReason.VANISHED)
    if hashlib.sha256(data).hexdigest() != sha256:
        return Outcome.failed(FailureReason.CHANGED)
    return data


def _record(context: Context, chunk: ChunkMessage, rows: list[Recorded]) -> None:
    with stage("record"):
        context.ledger.record(
            chunk.job_id,
            chunk,
            rows,
            model=context.pipeline.model,
            ttl=context.settings.retention_seconds,
        )
    current().photos += len(rows)

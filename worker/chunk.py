"""One chunk: take it, fetch its photos, classify them, record their verdicts in one step."""

from __future__ import annotations

import logging
from collections.abc import Callable

from glasses import keys
from glasses.ledger import Begun, Recorded
from glasses.ledger.scripts import look
from glasses.outcome import Outcome
from glasses.schemas import ChunkMessage, ManifestEntry
from glasses.statuses import FailureReason
from glasses.verdict import decisive_probability
from worker.context import Context
from worker.fetch import fetched
from worker.lease import Lease
from worker.pipeline import Found
from worker.tally import awaited, current, stage

Sender = Callable[[ChunkMessage, int], None]
TOGETHER = 16
"""Photos whose faces wait to be classified together: each waits with its crops."""
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
        The ledger's answer: `begun` if it was worked on, else why not; `out_of_memory` if it did
        not fit.

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
        _isolate(context, chunk, priority, send, FailureReason.CRASHED_WORKER)
    elif begun.answer == "begun":
        current().attempt = begun.attempts
        rows, is_short = None, False
        try:
            with Lease(context.ledger, chunk, settings.lease_seconds) as lease:
                rows = _work(context, chunk, begun, lease)
        except MemoryError:
            is_short = True
        if is_short:  # outside of `except`, whose traceback holds what took the memory
            _isolate(context, chunk, priority, send, FailureReason.OUT_OF_MEMORY)
            return FailureReason.OUT_OF_MEMORY
        if rows is not None:
            _record(context, chunk, rows)
    return begun.answer


def _isolate(
    context: Context, chunk: ChunkMessage, priority: int, send: Sender, reason: FailureReason
) -> None:
    """Something in the chunk cannot be worked on: halve it, or give up on its only photo."""
    settings = context.settings
    if chunk.count == 1:
        _log.error("photo %d of job %s given up: %s", chunk.start, chunk.job_id, reason)
        outcome = Outcome.failed(reason)
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
    photos = fetched(context, (entry for _, entry in wanted), outcomes)
    for sha256, data in awaited("fetch", photos):
        if lease.lost:
            return None
        with stage("find"):
            found[sha256] = data if isinstance(data, Outcome) else context.pipeline.find(data)
        if len(found) == TOGETHER:
            outcomes |= _classified(context, found)
            found.clear()
    outcomes |= _classified(context, found)
    rows = []
    for number, entry in wanted:
        outcome = outcomes.get(entry.sha256 or "") or Outcome.failed(
            entry.reason or FailureReason.UNREADABLE
        )
        probability = decisive_probability(outcome, begun.faces)
        positive = probability is not None and probability >= begun.threshold
        rows.append(Recorded(number, outcome, positive, entry.sha256))
    return rows


def _classified(context: Context, found: dict[str, Found | Outcome]) -> dict[str, Outcome]:
    with stage("classify"):
        return dict(zip(found, context.pipeline.classify(list(found.values())), strict=True))


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
    names = [keys.photo(sha256) for sha256 in contents]
    texts = look(context.redis, names, [context.pipeline.model])
    return {s: Outcome.decode(text) for s, (text,) in zip(contents, texts, strict=True) if text}


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

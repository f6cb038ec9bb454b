"""One chunk: lease it, fetch its photos, classify them and record all results in one step."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from glasses.ledger import LeaseGrant, OutcomeRecord, keys
from glasses.ledger.queue import PRIORITY_SMALL
from glasses.ledger.scripts import lookup
from glasses.protocol.outcome import Outcome
from glasses.protocol.schemas import ChunkMessage, ManifestEntry
from glasses.protocol.statuses import FailureReason
from glasses.protocol.verdict import has_glasses
from worker.service.context import Context
from worker.service.fetch import fetch_photos
from worker.service.lease_renewal import LeaseRenewal
from worker.service.run_metrics import current_run, stage, time_items
from worker.service.stored_photos import StoredPhotos
from worker.vision.pipeline import DetectedFaces

Sender = Callable[[ChunkMessage, int], None]
CLASSIFY_PHOTOS = 16
"""Photos whose faces are classified together. Their crops are kept in memory until then."""
SOFT_LIMIT_SHARE = 0.5
"""After this share of the soft time limit a run records its results and queues the rest as another
run. Photos that arrive slowly thus cost no attempt; only slow processing is killed."""
_log = logging.getLogger(__name__)


def run_chunk(
    context: Context, chunk: ChunkMessage, priority: int, send: Sender, holder: str = ""
) -> str:
    """Lease a chunk, process it and record its results.

    Args:
        context: This process's context.
        chunk: The chunk.
        priority: The priority at which it was queued.
        send: Queues a chunk.
        holder: The name of this run in the ledger.

    Returns:
        The ledger's answer: `acquired` if the chunk was processed, else the reason why not.
        `out_of_memory` if it did not fit into memory, `continued` if it needs another run.

    Raises:
        InfrastructureError: The object store failed; nothing was recorded.
        redis.RedisError: Redis failed.
    """
    settings = context.settings
    grant = context.ledger.acquire(
        chunk,
        model=context.pipeline.model,
        threshold=context.pipeline.threshold,
        lease_seconds=settings.lease_seconds,
        max_attempts=settings.max_attempts,
        holder=holder,
    )
    if grant.answer == "exhausted":
        _isolate(context, chunk, priority, send, FailureReason.CRASHED_WORKER)
    elif grant.answer == "acquired":
        current_run().attempt = grant.attempts
        rows, out_of_memory, wanted = None, False, len(grant.wanted)
        try:
            with LeaseRenewal(context.ledger, chunk, settings.lease_seconds, holder) as lease:
                rows = _process(context, chunk, grant, lease)
        except MemoryError:
            out_of_memory = True
        if out_of_memory:  # outside of `except`, whose traceback keeps the memory allocated
            _isolate(context, chunk, priority, send, FailureReason.OUT_OF_MEMORY)
            return FailureReason.OUT_OF_MEMORY
        if rows is not None and len(rows) < wanted:
            return _record_part(context, chunk, rows, send, holder)
        if rows is not None:
            _record(context, chunk, rows)
    return grant.answer


def _record_part(
    context: Context, chunk: ChunkMessage, rows: list[OutcomeRecord], send: Sender, holder: str
) -> str:
    """Record some results and queue the rest at high priority; the attempt does not count."""
    ids = {"job": chunk.job_id, "chunk": chunk.chunk_id}
    _log.info(
        "chunk %s of job %s: %d photos recorded, the rest is queued again",
        chunk.chunk_id,
        chunk.job_id,
        len(rows),
        extra=ids,
    )
    _record(context, chunk, rows, is_complete=False)
    context.ledger.nack(chunk, holder)
    send(chunk, PRIORITY_SMALL)
    return "continued"


def _isolate(
    context: Context, chunk: ChunkMessage, priority: int, send: Sender, reason: FailureReason
) -> None:
    """Split a chunk that cannot be processed in two; if it has one photo, record the failure."""
    settings = context.settings
    if chunk.count == 1:
        _log.error("photo %d of job %s failed: %s", chunk.start, chunk.job_id, reason)
        outcome = Outcome.failed(reason)
        _record(context, chunk, [OutcomeRecord(chunk.start, outcome, False, None)])
        return
    halves = context.ledger.split(chunk, priority, settings.max_attempts)
    for half in halves:
        send(ChunkMessage.of(chunk.job_id, half), priority)


def _process(
    context: Context, chunk: ChunkMessage, grant: LeaseGrant, lease: LeaseRenewal
) -> list[OutcomeRecord] | None:
    """Return the outcomes of the wanted photos; fewer if time ran out.

    Returns:
        One row per photo; None if the job was removed or cancelled.
    """
    deadline = time.monotonic() + SOFT_LIMIT_SHARE * context.settings.chunk_soft_limit
    wanted = _entries(context, chunk, grant)
    if wanted is None:
        if not lease.renew():
            return None  # the job was removed or cancelled
        raise StoredPhotos(context.store, context.redis, chunk.job_id).missing_manifest()
    outcomes = _known_outcomes(context, [entry for _, entry in wanted])
    found: dict[str, DetectedFaces | Outcome] = {}
    entries = (entry for _, entry in wanted)
    photos = fetch_photos(context, chunk.job_id, entries, outcomes, deadline)
    for sha256, data in time_items("fetch", photos):
        if lease.lost:
            return None
        with stage("find"):
            found[sha256] = data if isinstance(data, Outcome) else context.pipeline.find(data)
        if len(found) == CLASSIFY_PHOTOS:
            outcomes |= _classify(context, found)
            found.clear()
    outcomes |= _classify(context, found)
    rows = []
    for number, entry in wanted:
        outcome = outcomes.get(entry.sha256 or "")
        if outcome is None and entry.sha256 and not entry.reason:
            continue  # time ran out
        outcome = outcome or Outcome.failed(entry.reason or FailureReason.UNREADABLE)
        positive = has_glasses(outcome, grant.faces, grant.threshold)
        rows.append(OutcomeRecord(number, outcome, positive, entry.sha256))
    return rows


def _classify(context: Context, found: dict[str, DetectedFaces | Outcome]) -> dict[str, Outcome]:
    with stage("classify"):
        return dict(zip(found, context.pipeline.classify(list(found.values())), strict=True))


def _entries(
    context: Context, chunk: ChunkMessage, grant: LeaseGrant
) -> list[tuple[int, ManifestEntry]] | None:
    """Return number and manifest entry of each wanted photo; None if the manifest lacks any."""
    found = context.files.entries(chunk.job_id, chunk.start, chunk.count)
    if grant.wanted and grant.wanted[-1] - chunk.start >= len(found):
        return None
    return [(number, found[number - chunk.start]) for number in grant.wanted]


def _known_outcomes(context: Context, entries: list[ManifestEntry]) -> dict[str, Outcome]:
    """Return outcomes of contents that this model has classified before, in any job, by SHA-256."""
    contents = sorted({entry.sha256 for entry in entries if entry.sha256})
    names = [keys.photo(sha256) for sha256 in contents]
    texts = lookup(context.redis, names, [context.pipeline.model])
    return {s: Outcome.decode(text) for s, (text,) in zip(contents, texts, strict=True) if text}


def _record(
    context: Context, chunk: ChunkMessage, rows: list[OutcomeRecord], is_complete: bool = True
) -> None:
    with stage("record"):
        context.ledger.record(
            chunk.job_id,
            chunk if is_complete else None,
            rows,
            model=context.pipeline.model,
        )
    current_run().photos += len(rows)

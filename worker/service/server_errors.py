"""Server errors: a chunk that a server failed goes back to the queue, and the user learns why.

The failed run does not count as an attempt. A worker that has not yet found any job's manifest
probably has the wrong bucket: it leaves chunks to other workers and pauses for longer after each
failure. A worker that has found other jobs' manifests does not pause when a manifest is missing: it
suspends that job's chunks for a while.
"""

from __future__ import annotations

import logging
import random
import time
from typing import Any

from glasses.errors import InfrastructureError, MissingManifestError
from glasses.ledger import keys
from glasses.protocol.schemas import ChunkMessage
from worker.service.chunk import Sender
from worker.service.context import Context

MAX_PAUSE_SECONDS = 10.0
SUSPEND_SECONDS = 30.0
"""A chunk whose manifest is missing is retried after this time."""
_log = logging.getLogger(__name__)


class ServerErrors:
    """Counts this process's failures in a row and decides what becomes of each failed chunk."""

    def __init__(self) -> None:
        self._failures = 0
        self._bucket_is_proven = False
        self._failed_jobs: set[str] = set()

    def clear(self, context: Context, chunk: ChunkMessage) -> None:
        """Note that a chunk was processed, and withdraw its job's error message."""
        self._failures, self._bucket_is_proven = 0, True
        if chunk.job_id in self._failed_jobs:
            self._failed_jobs.discard(chunk.job_id)
            redis: Any = context.redis
            redis.delete(keys.trouble(chunk.job_id))

    def nack(
        self,
        context: Context,
        chunk: ChunkMessage,
        priority: int,
        holder: str,
        send: Sender,
        error: InfrastructureError,
    ) -> None:
        """Return a chunk to the queue without counting the attempt, and publish the error.

        Args:
            context: This process's context.
            chunk: The chunk that failed.
            priority: The priority at which it was queued.
            holder: The name of this run in the ledger.
            send: Queues a chunk.
            error: The failure.

        Raises:
            InfrastructureError, redis.RedisError: Redis fails as well. The reconciler will queue
                the chunk again.
        """
        ids = {"job": chunk.job_id, "chunk": chunk.chunk_id}
        _log.warning(
            "chunk %s of job %s given back: %s", chunk.chunk_id, chunk.job_id, error, extra=ids
        )
        is_missing = isinstance(error, MissingManifestError)
        self._bucket_is_proven &= is_missing
        self._failures += 1
        self._failed_jobs.add(chunk.job_id)
        redis: Any = context.redis
        redis.set(keys.trouble(chunk.job_id), str(error), ex=keys.TROUBLE_SECONDS)
        context.ledger.nack(chunk, holder)
        if is_missing and self._bucket_is_proven:
            context.ledger.suspend(chunk, SUSPEND_SECONDS)
            return
        send(chunk, priority)
        longest = min(MAX_PAUSE_SECONDS, 2.0 ** (self._failures - 1))
        time.sleep(random.uniform(longest / 4, longest))

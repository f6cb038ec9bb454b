"""Runs of chunks as the parent sees them: when a run dies, its chunk is queued again at once."""

from __future__ import annotations

import logging
from typing import Any

from billiard.einfo import ExceptionWithTraceback
from celery import Task
from celery.exceptions import Ignore, Reject, Retry
from celery.worker.request import Request
from pydantic import ValidationError
from redis.exceptions import RedisError

from glasses.errors import InfrastructureError
from glasses.ledger import Ledger
from glasses.ledger.queue import PRIORITY_SMALL, send_chunk
from glasses.protocol.schemas import ChunkMessage
from worker.service.context import parent_redis
from worker.service.run_metrics import host_metrics

_log = logging.getLogger(__name__)


class ChunkRequest(Request):  # type: ignore[misc]
    """Ends the lease of a run that raised, whose process died, or that exceeded its time limit.

    Without this the lease expires a few seconds later.
    """

    def on_failure(
        self,
        exc_info: Any,
        send_failed_event: bool = True,
        return_ok: bool = False,  # noqa: ARG002
    ) -> Any:
        """Release the chunk of a run that raised or whose process died."""
        error = exc_info.exception
        if isinstance(error, ExceptionWithTraceback):
            error = error.exc
        if not isinstance(error, (Reject, Ignore, Retry)):
            host_metrics.died += 1
            self._release(f"{type(error).__name__}: {error}")
        # With `return_ok` Celery logs no traceback of the parent.
        return super().on_failure(exc_info, send_failed_event, True)

    def on_timeout(self, soft: bool, timeout: float) -> None:
        """Release the chunk at the hard time limit. At the soft one the task cleans up itself."""
        if not soft:
            host_metrics.died += 1
            self._release(f"killed after {timeout:.0f} s")
        super().on_timeout(soft, timeout)

    def _release(self, reason: str) -> None:
        try:
            chunk = ChunkMessage.model_validate(self.args[0])
            if Ledger(parent_redis()).abandon(chunk, self.id):
                send_chunk(parent_redis(), chunk, PRIORITY_SMALL)
        except (ValidationError, LookupError):
            return  # not a chunk of ours: rejected elsewhere
        except (RedisError, InfrastructureError) as error:
            _log.warning("lease not released, it will expire: %s", error)
            return
        ids = {"job": chunk.job_id, "chunk": chunk.chunk_id}
        _log.error("chunk %s of job %s failed: %s", chunk.chunk_id, chunk.job_id, reason, extra=ids)


class ChunkTask(Task):  # type: ignore[misc]
    """A task whose requests are of class `ChunkRequest`."""

    Request = "worker.service.request:ChunkRequest"

"""A chunk's run as the worker's parent sees it: when the run dies, the chunk is free at once."""

from __future__ import annotations

import logging
from typing import Any

from billiard.einfo import ExceptionWithTraceback
from celery import Task
from celery.exceptions import Ignore, Reject, Retry
from celery.worker.request import Request
from kombu.exceptions import OperationalError
from pydantic import ValidationError
from redis.exceptions import RedisError

from glasses.errors import InfrastructureError
from glasses.ledger import Ledger
from glasses.queue import PRIORITY_SMALL, send_chunk
from glasses.schemas import ChunkMessage
from glasses.settings import get_settings
from worker.context import parent_redis
from worker.tally import host

_log = logging.getLogger(__name__)


class ChunkRequest(Request):  # type: ignore[misc]
    """Ends the lease of a run that died, was killed for its time, or raised.

    Without this the lease ends by itself, a few seconds later.
    """

    def on_failure(
        self,
        exc_info: Any,
        send_failed_event: bool = True,
        return_ok: bool = False,  # noqa: ARG002
    ) -> Any:
        """The process died, or the task raised."""
        error = exc_info.exception
        if isinstance(error, ExceptionWithTraceback):
            error = error.exc
        if not isinstance(error, (Reject, Ignore, Retry)):
            host.died += 1
            self._release(f"{type(error).__name__}: {error}")
        # `return_ok` spares the log a traceback of the parent's own.
        return super().on_failure(exc_info, send_failed_event, True)

    def on_timeout(self, soft: bool, timeout: float) -> None:
        """The time limit was reached; after the soft one the task itself still ends."""
        if not soft:
            host.died += 1
            self._release(f"killed after {timeout:.0f} s")
        super().on_timeout(soft, timeout)

    def _release(self, why: str) -> None:
        try:
            chunk = ChunkMessage.model_validate(self.args[0])
            ttl = get_settings().retention_seconds
            if Ledger(parent_redis()).release(chunk, self.id, ttl):
                send_chunk(self.task.app, chunk, PRIORITY_SMALL)
        except (ValidationError, LookupError):
            return  # not ours: rejected elsewhere
        except (RedisError, OperationalError, InfrastructureError) as error:
            _log.warning("lease not ended, it will by itself: %s", error)
            return
        ids = {"job": chunk.job_id, "chunk": chunk.chunk_id}
        _log.error("chunk %s of job %s ended: %s", chunk.chunk_id, chunk.job_id, why, extra=ids)


class ChunkTask(Task):  # type: ignore[misc]
    """A task whose runs are `ChunkRequest`s."""

    Request = "worker.request:ChunkRequest"

"""The Celery application that workers run: `python -m worker`, or `celery -A worker.app worker`."""

from __future__ import annotations

import logging
import random
import time
from typing import Any

from celery import signals
from celery.exceptions import Reject
from pydantic import ValidationError
from redis.exceptions import RedisError

from glasses import keys
from glasses.errors import GlassesError, InfrastructureError
from glasses.queue import CLASSIFY_CHUNK, ECHO, make_app, send_chunk
from glasses.schemas import ChunkMessage
from glasses.settings import get_settings
from worker.chunk import run_chunk
from worker.context import context, pipeline
from worker.heart import Heart

_log = logging.getLogger(__name__)

app = make_app(get_settings())
app.steps["worker"].add(Heart)


@signals.worker_init.connect  # type: ignore[untyped-decorator]
def _preload(**_: Any) -> None:
    """Load the model before the fork."""
    try:
        pipeline()
    except GlassesError as error:
        raise SystemExit(f"glasses worker: {error}") from None


@app.task(name=CLASSIFY_CHUNK, bind=True)  # type: ignore[untyped-decorator]
def classify_chunk(self: Any, message: Any) -> None:
    """Classify the photos of a chunk.

    Raises:
        Reject: The message is not ours (dropped), or a server failed (queued again).
    """
    try:
        chunk = ChunkMessage.model_validate(message)
    except ValidationError as error:
        _log.error("rejected a message that is no chunk: %s", error.errors(include_input=False))
        raise Reject("not a chunk message", requeue=False) from None
    priority = int((self.request.delivery_info or {}).get("priority") or 0)
    try:
        answer = run_chunk(context(), chunk, priority, lambda c, p: send_chunk(app, c, p))
    except InfrastructureError as error:
        _log.warning("chunk %s of job %s given back: %s", chunk.chunk_id, chunk.job_id, error)
        _pause()
        context().ledger.give_back(chunk, context().settings.retention_seconds)
        raise Reject("object store failed", requeue=True) from error
    except RedisError as error:
        # The lease ends by itself, and the reconciler queues the chunk again.
        _log.warning("chunk %s of job %s lost its Redis: %s", chunk.chunk_id, chunk.job_id, error)
        return
    if answer == "other_model":
        _pause()
        raise Reject("the job is bound to another model", requeue=True)
    _log.info("chunk %s of job %s: %s", chunk.chunk_id, chunk.job_id, answer)


@app.task(name=ECHO)  # type: ignore[untyped-decorator]
def echo(token: str) -> None:
    """Prove that a message goes through queue and worker."""
    redis: Any = context().redis
    redis.set(keys.echo(str(token)), "1", ex=keys.ECHO_SECONDS)


def _pause() -> None:
    time.sleep(random.uniform(0.5, 2))

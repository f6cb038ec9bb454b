"""The Celery application that workers run: `python -m worker`, or `celery -A worker.app worker`."""

from __future__ import annotations

import logging
import os
import random
import time
from typing import Any

from celery import signals
from celery.exceptions import Reject
from pydantic import ValidationError
from redis.exceptions import RedisError

from glasses import keys
from glasses.errors import GlassesError, InfrastructureError
from glasses.folders import folders
from glasses.queue import CLASSIFY_CHUNK, ECHO, make_app, send_chunk
from glasses.schemas import SCHEMA_VERSION, ChunkMessage, newer_schema
from glasses.settings import get_settings
from glasses.workers import live_workers
from worker import broker, logs, tally
from worker.chunk import run_chunk
from worker.context import context, pipeline
from worker.errors import OutOfMemoryError
from worker.heart import Heart
from worker.process import after_fork, before_fork, before_load
from worker.request import ChunkTask

_log = logging.getLogger(__name__)

broker.install()
app = make_app(get_settings())
app.steps["consumer"].add(Heart)
assert logs  # its signals are connected


@signals.worker_init.connect  # type: ignore[untyped-decorator]
def _preload(**_: Any) -> None:
    """Load the model before the fork."""
    for folder in folders(get_settings().read_folders):
        if not os.path.isdir(folder):  # it may be mounted later
            _log.warning("read_folders: %s is no folder of this machine", folder)
    before_load()
    try:
        pipeline().warm_up()
    except GlassesError as error:
        raise SystemExit(f"glasses worker: {error}") from None


@signals.worker_before_create_process.connect  # type: ignore[untyped-decorator]
def _before_fork(**_: Any) -> None:
    before_fork()


@signals.worker_process_init.connect  # type: ignore[untyped-decorator]
def _after_fork(**_: Any) -> None:
    after_fork(get_settings().process_memory_mb)


@app.task(name=CLASSIFY_CHUNK, bind=True, base=ChunkTask)  # type: ignore[untyped-decorator]
def classify_chunk(self: Any, message: Any) -> None:
    """Classify the photos of a chunk.

    Raises:
        Reject: The message is not ours (dropped), or a server failed (queued again).
        OutOfMemoryError: The chunk needs more memory than a process may have.
    """
    try:
        chunk = ChunkMessage.model_validate(message)
    except ValidationError as error:
        _leave_to_newer(message)
        _log.error("rejected a message that is no chunk: %s", error.errors(include_input=False))
        raise Reject("not a chunk message", requeue=False) from None
    priority = int((self.request.delivery_info or {}).get("priority") or 0)
    try:
        with tally.run():
            answer = run_chunk(
                context(), chunk, priority, lambda c, p: send_chunk(app, c, p), self.request.id
            )
    except MemoryError:
        # Celery ends the whole worker when a task raises this (celery.worker.request).
        raise OutOfMemoryError(chunk.chunk_id) from None
    except InfrastructureError as error:
        _log.warning("chunk %s of job %s given back: %s", chunk.chunk_id, chunk.job_id, error)
        _pause()
        ttl = context().settings.retention_seconds
        context().ledger.give_back(chunk, ttl, self.request.id)
        raise Reject("object store failed", requeue=True) from error
    except RedisError as error:
        # The lease ends by itself, and the reconciler queues the chunk again.
        _log.warning("chunk %s of job %s lost its Redis: %s", chunk.chunk_id, chunk.job_id, error)
        return
    if answer == "other_model":
        _other_model(chunk)
    _log.info("chunk %s of job %s: %s", chunk.chunk_id, chunk.job_id, answer)


@app.task(name=ECHO)  # type: ignore[untyped-decorator]
def echo(token: str) -> None:
    """Prove that a message goes through queue and worker."""
    redis: Any = context().redis
    redis.set(keys.echo(str(token)), "1", ex=keys.ECHO_SECONDS)


def _other_model(chunk: ChunkMessage) -> None:
    """Leave a chunk to the workers that have its job's model; set it aside if there are none."""
    ledger, ttl = context().ledger, context().settings.retention_seconds
    model = ledger.model(chunk.job_id)
    if model in {worker.model for worker in live_workers(context().redis)}:
        # Not so long that chunks behind it, which this worker may take, wait for each such one.
        _pause(0.1, 0.4)
        priority = ledger.defer(chunk, ttl)
        if priority is not None:
            send_chunk(app, chunk, priority)
        return
    ledger.park(chunk, ttl)
    _log.warning("job %s waits for a worker with model %s: none runs", chunk.job_id, model)


def _leave_to_newer(message: Any) -> None:
    """Refuse a chunk of a newer schema by name; it is not lost.

    While a worker runs that knows the schema the message stays in the queue. Else it goes, so that
    it does not turn round for ever, and the reconciler of such a worker sends it again.

    Raises:
        Reject: It is one.
    """
    version = newer_schema(message)
    if version is None:
        return
    known = max((w.schema_version for w in live_workers(context().redis)), default=SCHEMA_VERSION)
    what = f"a chunk of schema {version}, and this worker knows {SCHEMA_VERSION}"
    if version <= known:
        _log.info("left to a newer worker: %s", what)
        _pause()
        raise Reject(what, requeue=True) from None
    _log.error("rejected %s; a newer worker will have it sent again", what)
    raise Reject(what, requeue=False) from None


def _pause(least: float = 0.5, most: float = 2) -> None:
    time.sleep(random.uniform(least, most))

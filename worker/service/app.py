"""The Celery application that workers run. `python -m worker` alone imports this module.

Importing it configures Celery, kombu and the log of this process, as an entry point does.

What runs on each signal to the worker's parent:

SIGTERM, SIGINT: Celery's warm shutdown, which has no time limit. The worker takes no further
    messages. Running chunks finish and are recorded. `celery_patches.QoS.restore_unacked_once` puts
    back the messages that no process has begun. `heartbeat.HeartbeatStep.stop` removes the worker
    from Redis. Pool processes exit within 2 s of their last chunk (`celery_patches`), and
    `worker.__main__` exits with 0. Tests: `tests/integration/scaling/test_shutdown.py`,
    `tests/integration/end_to_end/test_submit_to_results.py`.
SIGQUIT: The same, but chunks that still run after `worker_soft_shutdown_timeout`
    (`celery_app.configuration`) are killed and queued again.
SIGKILL: Nothing runs. Leases expire, and the reconciler of any other worker queues the chunks again
    (`heartbeat`, `glasses.ledger.reconciler`).
"""

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

from glasses.config.log_stream import report_fatal
from glasses.config.read_folders import split_folders
from glasses.config.settings import get_settings, unknown_variables
from glasses.errors import GlassesError, InfrastructureError
from glasses.ledger import keys
from glasses.ledger.find_job import is_id
from glasses.ledger.queue import CLASSIFY_CHUNK, EXPIRE, PING, REPAIR, send_chunk
from glasses.ledger.redis_client import connection_class
from glasses.ledger.workers import live_workers
from glasses.protocol.schemas import SCHEMA_VERSION, ChunkMessage, newer_schema
from worker.service import celery_patches, logs, run_metrics
from worker.service.celery_app import make_app
from worker.service.chunk import run_chunk
from worker.service.context import context, pipeline
from worker.service.expiry import run_expiry
from worker.service.heartbeat import HeartbeatStep
from worker.service.process import after_fork, before_fork, before_load, choose_memory_limit
from worker.service.repair import TIME_LIMIT_SECONDS, run_repair
from worker.service.request import ChunkTask
from worker.service.server_errors import ServerErrors
from worker.vision.errors import OutOfMemoryError

_log = logging.getLogger(__name__)

server_errors = ServerErrors()
celery_patches.keep_running_chunks()
celery_patches.log_signals()
logs.connect_signals()
app = make_app(get_settings())
celery_patches.install_channel(connection_class(get_settings()))
app.steps["consumer"].add(HeartbeatStep)


@signals.worker_init.connect  # type: ignore[untyped-decorator]
def _preload(sender: Any, **_: Any) -> None:
    """Load the model before the fork, so that all processes share it."""
    for problem in unknown_variables():
        _log.warning("%s", problem)
    for folder in split_folders(get_settings().read_folders):
        if not os.path.isdir(folder):  # not an error: it may be mounted later
            _log.warning("read_folders: %s is not a directory on this machine", folder)
    choose_memory_limit(get_settings().process_memory_mb, int(sender.concurrency))
    run_metrics.open_pipe()
    before_load()
    try:
        pipeline().warm_up()
    except GlassesError as error:
        report_fatal(f"glasses worker: {error}")
        raise SystemExit(error.exit_code) from None


@signals.worker_before_create_process.connect  # type: ignore[untyped-decorator]
def _before_fork(**_: Any) -> None:
    before_fork()


@signals.worker_process_init.connect  # type: ignore[untyped-decorator]
def _after_fork(**_: Any) -> None:
    after_fork()


@app.task(name=CLASSIFY_CHUNK, bind=True, base=ChunkTask)  # type: ignore[untyped-decorator]
def classify_chunk(self: Any, message: Any) -> None:
    """Classify the photos of a chunk and record their results.

    Raises:
        Reject: The message is not a chunk; it is dropped.
        OutOfMemoryError: The chunk needs more memory than a process may use.
    """
    try:
        chunk = ChunkMessage.model_validate(message)
    except ValidationError:  # `worker.service.broker` lets only newer schemas through
        _refuse_newer_schema(message)
        raise Reject("not a chunk message", requeue=False) from None
    priority = int((self.request.delivery_info or {}).get("priority") or 0)
    try:
        with run_metrics.run():
            answer = run_chunk(context(), chunk, priority, _send, self.request.id)
            if answer == "acquired":
                server_errors.clear(context(), chunk)
    except MemoryError:
        # A MemoryError would make Celery shut down the whole worker (celery.worker.request).
        raise OutOfMemoryError(chunk.chunk_id) from None
    except InfrastructureError as error:
        _nack(chunk, priority, self.request.id, error)
        return
    except RedisError as error:
        _log_redis_error(chunk, error)
        return
    if answer == "other_model":
        _yield_to_other_model(chunk)
    _log.info("chunk %s of job %s: %s", chunk.chunk_id, chunk.job_id, answer)


@app.task(name=PING)  # type: ignore[untyped-decorator]
def ping(token: str) -> None:
    """Answer a ping in Redis, which proves that a message passes through queue and worker."""
    redis: Any = context().redis
    redis.set(keys.ping(str(token)), "1", ex=keys.PING_SECONDS)


@app.task(name=REPAIR, time_limit=TIME_LIMIT_SECONDS, soft_time_limit=None)  # type: ignore[untyped-decorator]
def repair(job_id: str | None) -> None:
    """Repair a job of which Redis lost a part.

    Args:
        job_id: The job; None to find and repair all such jobs.

    Raises:
        Reject: This is not a job id.
    """
    if job_id is not None and not is_id(job_id):
        raise Reject("not a job id", requeue=False)
    run_repair(job_id)


@app.task(name=EXPIRE, time_limit=TIME_LIMIT_SECONDS, soft_time_limit=None)  # type: ignore[untyped-decorator]
def expire(_: None) -> None:
    """Delete what has expired in the object store."""
    run_expiry()


def _send(chunk: ChunkMessage, priority: int) -> None:
    send_chunk(context().redis, chunk, priority)


def _nack(chunk: ChunkMessage, priority: int, holder: str, error: InfrastructureError) -> None:
    try:
        server_errors.nack(context(), chunk, priority, holder, _send, error)
    except (InfrastructureError, RedisError) as redis_error:
        _log_redis_error(chunk, redis_error)


def _log_redis_error(chunk: ChunkMessage, error: Exception) -> None:
    """Log the only thing to do: the lease expires, and the reconciler queues the chunk again."""
    _log.warning(
        "chunk %s of job %s: Redis is unavailable: %s", chunk.chunk_id, chunk.job_id, error
    )


def _yield_to_other_model(chunk: ChunkMessage) -> None:
    """Leave a chunk to the workers that have its job's model; suspend it if there are none."""
    ledger = context().ledger
    model = ledger.model(chunk.job_id)
    if model in {worker.model for worker in live_workers(context().redis)}:
        # Short: the chunks behind this one, which this worker can process, wait as well.
        _pause(0.1, 0.4)
        priority = ledger.requeue(chunk)
        if priority is not None:
            send_chunk(context().redis, chunk, priority)
        return
    ledger.suspend(chunk)
    _log.warning("job %s is suspended: no worker with model %s runs", chunk.job_id, model)


def _refuse_newer_schema(message: Any) -> None:
    """Refuse a chunk of a newer schema without losing it.

    The message stays in the queue while a worker runs that knows the schema. Otherwise it is
    dropped, since it would circulate forever. The reconciler of a newer worker will send it again.

    Raises:
        Reject: The message has a newer schema.
    """
    version = newer_schema(message)
    if version is None:
        return
    known = max((w.schema_version for w in live_workers(context().redis)), default=SCHEMA_VERSION)
    what = f"a chunk of schema {version}, this worker knows {SCHEMA_VERSION}"
    if version <= known:
        _log.info("left to a newer worker: %s", what)
        _pause()
        raise Reject(what, requeue=True) from None
    _log.error("rejected %s; it is sent again once a newer worker runs", what)
    raise Reject(what, requeue=False) from None


def _pause(min_seconds: float = 0.5, max_seconds: float = 2) -> None:
    time.sleep(random.uniform(min_seconds, max_seconds))

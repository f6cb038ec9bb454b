"""What a worker process holds: the pipeline from before the fork, connections from after it."""

from __future__ import annotations

import os
import socket
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache

from billiard.exceptions import SoftTimeLimitExceeded
from redis import Redis

from glasses.job_files import JobFiles
from glasses.ledger import Ledger
from glasses.object_store import ObjectStore
from glasses.redis_client import connect
from glasses.settings import Settings, get_settings
from worker.pipeline import Pipeline


@dataclass(frozen=True, slots=True)
class Context:
    """Everything that a chunk is worked on with."""

    settings: Settings
    pipeline: Pipeline
    redis: Redis
    ledger: Ledger
    store: ObjectStore
    files: JobFiles
    fetchers: ThreadPoolExecutor


@cache
def pipeline() -> Pipeline:
    """The pipeline; the parent calls this before it forks, so its children share the model.

    Raises:
        ModelError: The model is missing or not the released one.
    """
    # Memory may have run short because of a photo's neighbours: `run_chunk` finds out.
    return Pipeline.load(get_settings().model, interrupts=(SoftTimeLimitExceeded, MemoryError))


@cache
def context() -> Context:
    """This process's context; only ever called after the fork: connections cannot be shared."""
    settings = get_settings()
    redis = connect(settings)
    store = ObjectStore(settings)
    return Context(
        settings,
        pipeline(),
        redis,
        Ledger(redis),
        store,
        JobFiles(store),
        ThreadPoolExecutor(settings.fetch_threads, "fetch"),
    )


@cache
def parent_redis() -> Redis:
    """The parent's own connection. One try each: the loop that uses it also takes messages."""
    return connect(get_settings(), patient=False)


def worker_id() -> str:
    """`host:pid` of the parent process."""
    return f"{socket.gethostname()}:{os.getpid()}"

"""State of a worker process: the pipeline is loaded before the fork, connections are made after."""

from __future__ import annotations

import os
import socket
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from billiard.exceptions import SoftTimeLimitExceeded
from redis import Redis

from glasses.config.settings import Settings, get_settings
from glasses.ledger import Ledger
from glasses.ledger.redis_client import connect
from glasses.storage.manifest import ManifestStore
from glasses.storage.object_store import ObjectStore
from worker.vision.pipeline import Pipeline

if TYPE_CHECKING:
    from worker.service.fetch import Download


@dataclass(frozen=True, slots=True)
class Context:
    """Everything that processing a chunk needs.

    Attributes:
        settings: The worker's settings.
        pipeline: Decodes, detects and classifies; shared by all processes.
        redis: This process's connection.
        ledger: The jobs and chunks in Redis.
        store: The bucket.
        files: The manifests in the bucket.
        fetchers: Threads that download photos.
        unfinished: Downloads that a run did not wait for, by the name of their unit.
    """

    settings: Settings
    pipeline: Pipeline
    redis: Redis
    ledger: Ledger
    store: ObjectStore
    files: ManifestStore
    fetchers: ThreadPoolExecutor
    unfinished: dict[str, Download]


@cache
def pipeline() -> Pipeline:
    """Return the pipeline. The parent calls this before it forks, so its children share the model.

    Raises:
        ModelError: The model is missing or not the released one.
    """
    # A photo may run out of memory because of others in its chunk; `run_chunk` retries it alone.
    return Pipeline.load(get_settings().model, interrupts=(SoftTimeLimitExceeded, MemoryError))


@cache
def context() -> Context:
    """Return this process's context. Call it after the fork only: connections cannot be shared."""
    settings = get_settings()
    redis = connect(settings)
    store = ObjectStore(settings)
    return Context(
        settings,
        pipeline(),
        redis,
        Ledger(redis),
        store,
        ManifestStore(store),
        ThreadPoolExecutor(settings.fetch_threads, "fetch"),
        {},
    )


@cache
def parent_redis() -> Redis:
    """Return the parent's connection. It does not retry: the loop that uses it takes messages."""
    return connect(get_settings(), patient=False)


def worker_id() -> str:
    """Return `host:pid` of this process, the parent."""
    return f"{socket.gethostname()}:{os.getpid()}"

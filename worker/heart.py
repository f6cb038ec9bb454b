"""The worker parent's timer: says that the worker lives, and reconciles the ledger."""

from __future__ import annotations

import logging
import os
import time
from pathlib import Path
from typing import Any, ClassVar

from celery import bootsteps
from celery.worker import state
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from glasses.errors import GlassesError
from glasses.folders import both_ways
from glasses.ledger import reclaim_all
from glasses.schemas import SCHEMA_VERSION
from glasses.settings import get_settings
from glasses.workers import WorkerInfo, announce, withdraw
from worker.context import parent_redis, pipeline, worker_id
from worker.memory import host_memory_mb
from worker.process import trim
from worker.tally import host

BEAT_SECONDS = 2.0
LOOK_SECONDS = 0.3
WEIGH_SECONDS = 10.0

_log = logging.getLogger(__name__)


class Heart(bootsteps.StartStopStep):  # type: ignore[misc]
    """Runs in the event loop of the parent: no thread of ours exists when it forks.

    A step of the consumer, not of the worker: after a lost connection Celery clears all timers, and
    starts the consumer's steps again.
    """

    requires: ClassVar = {"celery.worker.consumer.tasks:Tasks"}

    def __init__(self, parent: Any, **options: Any) -> None:
        super().__init__(parent, **options)
        self._started = time.time()
        self._timers: list[Any] = []
        self._memory_mb: float | None = None
        self._weighed = 0.0

    def register_with_event_loop(self, parent: Any, _hub: Any) -> None:
        """Replace processes that died before Redis was reached.

        Celery would end the worker for each right after this: it takes them for processes that
        cannot start at all.
        """
        parent.pool.maintain_pool()

    def start(self, parent: Any) -> None:
        """Beat at once and from then on."""
        self._beat(parent)
        # Celery itself looks for jobs of dead processes every 5 s only.
        look = parent.pool.maintain_pool
        self._timers = [
            parent.timer.call_repeatedly(BEAT_SECONDS, self._beat, (parent,)),
            parent.timer.call_repeatedly(LOOK_SECONDS, look),
        ]

    def stop(self, parent: Any) -> None:  # noqa: ARG002
        """Withdraw."""
        for timer in self._timers:
            timer.cancel()
        try:
            withdraw(parent_redis(), worker_id())
        except RedisError as error:
            _log.warning("not withdrawn: %s", error)

    def _beat(self, parent: Any) -> None:
        host.collect()
        if time.monotonic() - self._weighed > WEIGH_SECONDS:
            trim()
            self._memory_mb, self._weighed = host_memory_mb(), time.monotonic()
        info = WorkerInfo(
            worker_id=worker_id(),
            processes=int(parent.controller.concurrency or os.cpu_count() or 1),
            model=pipeline().model,
            threshold=pipeline().threshold,
            started=self._started,
            schema_version=SCHEMA_VERSION,
            seen=0,
            busy=len(state.active_requests),
            photos_per_second=round(host.photos_per_second, 2),
            process_rate=host.process_rate,
            memory_mb=self._memory_mb,
            deployment=get_settings().deployment,
            read_folders=both_ways(get_settings().read_folders),
            photos=host.photos,
            chunks=host.chunks,
            repeated=host.repeated,
            died=host.died,
            reconciled=host.reconciled,
            stages=host.stages,
        )
        if get_settings().heartbeat_file:
            # Also while Redis is away: a probe asks whether this loop turns.
            Path(str(get_settings().heartbeat_file)).touch()
        try:
            announce(parent_redis(), info)
            lost = reclaim_all(parent_redis(), parent.app, BEAT_SECONDS)
            host.reconciled += lost
            if lost:
                _log.warning("queued %d lost chunks again", lost)
        except (RedisError, OperationalError, GlassesError) as error:
            _log.warning("no heartbeat: %s", error)

"""Heartbeat: the parent announces itself in Redis and runs the reconciler, both on a timer."""

from __future__ import annotations

import logging
import os
import time
from pathlib import Path
from typing import Any, ClassVar

from celery import bootsteps
from celery.worker import state
from redis.exceptions import RedisError

from glasses.config.read_folders import as_configured_and_resolved
from glasses.config.settings import get_settings
from glasses.errors import GlassesError
from glasses.ledger import reclaim_all
from glasses.ledger.workers import WorkerInfo, announce, withdraw
from glasses.protocol.schemas import SCHEMA_VERSION
from worker.service.context import parent_redis, pipeline, worker_id
from worker.service.memory import host_memory_mb, trim_heap
from worker.service.run_metrics import host_metrics

HEARTBEAT_SECONDS = 2.0
POOL_CHECK_SECONDS = 0.3
MEMORY_SECONDS = 10.0

_log = logging.getLogger(__name__)


class HeartbeatStep(bootsteps.StartStopStep):  # type: ignore[misc]
    """Announces the worker on timers of the parent's event loop, without a thread.

    A thread must not exist when the parent forks. This is a step of the consumer, not of the
    worker: after a lost connection Celery clears all timers and restarts the consumer's steps.
    """

    requires: ClassVar = {"celery.worker.consumer.tasks:Tasks"}

    def __init__(self, parent: Any, **options: Any) -> None:
        super().__init__(parent, **options)
        self._started = time.time()
        self._timers: list[Any] = []
        self._memory_mb: float | None = None
        self._memory_measured = 0.0
        self._file_is_ours = False

    def register_with_event_loop(self, parent: Any, _hub: Any) -> None:
        """Replace processes that died before Redis was reached.

        Otherwise Celery takes each for a process that cannot start, and shuts down the worker.
        """
        parent.pool.maintain_pool()

    def start(self, parent: Any) -> None:
        """Announce the worker now and on a timer."""
        self._beat(parent)
        # Celery itself checks for dead processes only every 5 s.
        check_pool = parent.pool.maintain_pool
        self._timers = [
            parent.timer.call_repeatedly(HEARTBEAT_SECONDS, self._beat, (parent,)),
            parent.timer.call_repeatedly(POOL_CHECK_SECONDS, check_pool),
        ]

    def stop(self, parent: Any) -> None:  # noqa: ARG002
        """Remove the worker from Redis; runs on shutdown and after a lost connection."""
        for timer in self._timers:
            timer.cancel()
        try:
            withdraw(parent_redis(), worker_id())
        except RedisError as error:
            _log.warning("worker not removed from Redis, its entry expires: %s", error)

    def _touch(self, file: Path) -> None:
        """Update the heartbeat file. Its text tells a probe which process wrote it.

        The file outlives the process if a container is restarted.
        """
        if not self._file_is_ours:
            file.write_text(_start_ticks())
            self._file_is_ours = True
        file.touch()

    def _beat(self, parent: Any) -> None:
        host_metrics.collect()
        if time.monotonic() - self._memory_measured > MEMORY_SECONDS:
            trim_heap()
            self._memory_mb, self._memory_measured = host_memory_mb(), time.monotonic()
        info = WorkerInfo(
            worker_id=worker_id(),
            processes=int(parent.controller.concurrency or os.cpu_count() or 1),
            model=pipeline().model,
            threshold=pipeline().threshold,
            started=self._started,
            schema_version=SCHEMA_VERSION,
            seen=0,
            busy=len(state.active_requests),
            photos_per_second=round(host_metrics.photos_per_second, 2),
            process_rate=host_metrics.process_rate,
            memory_mb=self._memory_mb,
            deployment=get_settings().deployment,
            read_folders=as_configured_and_resolved(get_settings().read_folders),
            photos=host_metrics.photos,
            chunks=host_metrics.chunks,
            repeated=host_metrics.repeated,
            died=host_metrics.died,
            reconciled=host_metrics.reconciled,
            stages=host_metrics.stages,
            trouble=host_metrics.server_error,
        )
        if get_settings().heartbeat_file:
            # Also while Redis is unavailable: a probe asks whether this loop runs.
            self._touch(Path(str(get_settings().heartbeat_file)))
        try:
            announce(parent_redis(), info)
            lost = reclaim_all(parent_redis(), HEARTBEAT_SECONDS)
            host_metrics.reconciled += lost
            if lost:
                _log.warning("queued %d lost chunks again", lost)
        except (RedisError, GlassesError) as error:
            _log.warning("heartbeat failed, retrying: %s", error)


def _start_ticks() -> str:
    """Return when this process started, as `/proc/PID/stat` has it; empty where there is no /proc.

    Field 22; the second field is the program's name, which may contain spaces and parentheses.
    """
    try:
        return Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return ""

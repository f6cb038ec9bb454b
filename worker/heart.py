"""The worker parent's timer: says that the worker lives, and reconciles the ledger."""

from __future__ import annotations

import logging
import os
import time
from typing import Any, ClassVar

from celery import bootsteps
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from glasses.errors import GlassesError
from glasses.ledger import reclaim_all
from glasses.schemas import SCHEMA_VERSION
from glasses.workers import WorkerInfo, announce, withdraw
from worker.context import parent_redis, pipeline, worker_id

BEAT_SECONDS = 2.0
LOOK_SECONDS = 0.3

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
        info = WorkerInfo(
            worker_id=worker_id(),
            processes=int(parent.controller.concurrency or os.cpu_count() or 1),
            model=pipeline().model,
            threshold=pipeline().threshold,
            started=self._started,
            schema_version=SCHEMA_VERSION,
            seen=0,
        )
        try:
            announce(parent_redis(), info)
            lost = reclaim_all(parent_redis(), parent.app, BEAT_SECONDS)
            if lost:
                _log.warning("queued %d lost chunks again", lost)
        except (RedisError, OperationalError, GlassesError) as error:
            _log.warning("no heartbeat: %s", error)

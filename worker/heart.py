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
from glasses.redis_client import connect
from glasses.settings import get_settings
from glasses.workers import WorkerInfo, announce, withdraw
from worker.context import pipeline, worker_id

BEAT_SECONDS = 2.0

_log = logging.getLogger(__name__)


class Heart(bootsteps.StartStopStep):  # type: ignore[misc]
    """Runs in the event loop of the parent: no thread of ours exists when it forks."""

    requires: ClassVar = {"celery.worker.components:Timer", "celery.worker.components:Pool"}

    def __init__(self, parent: Any, **options: Any) -> None:
        super().__init__(parent, **options)
        self._started = time.time()
        self._timer: Any = None
        # One try each: the loop that beats also takes messages, so it must not wait for long.
        self._redis = connect(get_settings(), retries=1)

    def start(self, parent: Any) -> None:
        """Beat at once and from then on."""
        self._beat(parent)
        self._timer = parent.timer.call_repeatedly(BEAT_SECONDS, self._beat, (parent,))

    def stop(self, parent: Any) -> None:  # noqa: ARG002
        """Withdraw."""
        if self._timer is not None:
            self._timer.cancel()
        try:
            withdraw(self._redis, worker_id())
        except RedisError as error:
            _log.warning("not withdrawn: %s", error)

    def _beat(self, parent: Any) -> None:
        info = WorkerInfo(
            worker_id=worker_id(),
            processes=int(parent.concurrency or os.cpu_count() or 1),
            model=pipeline().model,
            threshold=pipeline().threshold,
            started=self._started,
            seen=0,
        )
        try:
            announce(self._redis, info)
            lost = reclaim_all(self._redis, parent.app, BEAT_SECONDS)
            if lost:
                _log.warning("queued %d lost chunks again", lost)
        except (RedisError, OperationalError, GlassesError) as error:
            _log.warning("no heartbeat: %s", error)

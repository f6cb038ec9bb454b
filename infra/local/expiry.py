"""Expiry in the local stack: a round at its start and every hour, also without workers.

The bucket has lifecycle rules, but SeaweedFS' all-in-one server does not apply them. Its lifecycle
worker expects the admin component at port + 10000, ignoring the configured port, and runs once per
24 hours of uptime, which a laptop may never reach.
"""

from __future__ import annotations

import logging
import threading
import time

from redis.exceptions import RedisError

from glasses.config.settings import Settings
from glasses.errors import GlassesError
from glasses.jobs.expiry import LOCK_SECONDS, expire
from glasses.ledger.expiry_schedule import EVERY_SECONDS, RETRY_SECONDS
from glasses.ledger.owned_lock import LockBusyError
from glasses.ledger.redis_client import connect
from glasses.storage.object_store import ObjectStore

_logger = logging.getLogger(__name__)


class Expiry:
    """Deletes what has expired at start and then every hour, in a thread."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._thread: threading.Thread | None = None
        self._due = time.monotonic()

    def start_if_due(self) -> None:
        """Start a round in the background if one is due and none is running."""
        if time.monotonic() < self._due or (self._thread and self._thread.is_alive()):
            return
        self._due = time.monotonic() + EVERY_SECONDS
        self._thread = threading.Thread(target=self._run, name="expiry", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            with connect(self._settings) as redis:
                report = expire(self._settings, redis, ObjectStore(self._settings))
        except LockBusyError:
            # Held by a worker that is at it, or left by a stack that was stopped during its round.
            self._due = time.monotonic() + LOCK_SECONDS
            return
        except (GlassesError, RedisError) as error:
            self._due = time.monotonic() + RETRY_SECONDS
            _logger.warning(
                "deleting expired photos failed; the next try is in %d min: %s",
                RETRY_SECONDS // 60,
                error,
            )
            return
        if words := str(report):
            _logger.info("%s", words)

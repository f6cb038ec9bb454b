"""Heartbeat: a key in Redis that expires soon after its process is killed."""

from __future__ import annotations

import logging
from threading import Event, Thread
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

_BEATS_PER_TTL = 4  # three in a row may fail

_log = logging.getLogger(__name__)


class KeyHeartbeat:
    """Renew a key from a thread while a `with` block runs.

    Args:
        redis: The server.
        key: The key, which the caller has set already.
        seconds: The key's TTL.
    """

    def __init__(self, redis: Redis, key: str, seconds: int) -> None:
        self._redis: Any = redis
        self._key, self._seconds = key, seconds
        self._stopped = Event()
        self._thread = Thread(target=self._run, name="heartbeat", daemon=True)

    def __enter__(self) -> KeyHeartbeat:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(self._seconds / _BEATS_PER_TTL):
            try:
                self._redis.set(self._key, "1", ex=self._seconds)
            except RedisError as error:
                _log.info("heartbeat %s failed: %s", self._key, error)

"""A sign of life in Redis: what belongs to a process that was killed frees itself."""

from __future__ import annotations

import logging
from threading import Event, Thread
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

_BEATS = 4  # in the life of a sign: three may fail

_log = logging.getLogger(__name__)


class Presence:
    """Renews a key from a thread for as long as the `with` block runs.

    Args:
        redis: Where.
        key: What is there while this process lives; whoever makes this has set it.
        seconds: The key's life without a sign.
    """

    def __init__(self, redis: Redis, key: str, seconds: int) -> None:
        self._redis: Any = redis
        self._key, self._seconds = key, seconds
        self._ended = Event()
        self._thread = Thread(target=self._run, name="presence", daemon=True)

    def __enter__(self) -> Presence:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(self._seconds / _BEATS):
            try:
                self._redis.set(self._key, "1", ex=self._seconds)
            except RedisError as error:
                _log.info("no sign of life: %s", error)

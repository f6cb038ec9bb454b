"""A submitter's sign of life: a job that nobody submits to any more must not stay open."""

from __future__ import annotations

import logging
from threading import Event, Thread
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

from glasses import keys

_BEATS = 4  # in the life of a sign: three may fail

_log = logging.getLogger(__name__)


class Presence:
    """Says from a thread that the submitter lives, for as long as the `with` block runs."""

    def __init__(self, redis: Redis, job_id: str) -> None:
        self._redis: Any = redis
        self._key = keys.submitter(job_id)
        self._ended = Event()
        self._thread = Thread(target=self._run, name="presence", daemon=True)

    def __enter__(self) -> Presence:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(keys.SUBMITTER_SECONDS / _BEATS):
            try:
                self._redis.set(self._key, "1", ex=keys.SUBMITTER_SECONDS)
            except RedisError as error:
                _log.info("no sign of life: %s", error)

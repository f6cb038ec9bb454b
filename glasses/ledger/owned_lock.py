"""Owned lock: a lock in Redis whose holder can detect that it lost the lock while suspended."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread

from redis import Redis
from redis.exceptions import LockError, LockNotOwnedError, RedisError
from redis.lock import Lock

from glasses.errors import InfrastructureError

_RENEWALS_PER_TTL = 4  # three in a row may fail

_log = logging.getLogger(__name__)


class LockLostError(InfrastructureError):
    """A held lock has expired: the process was suspended, or Redis lost the lock."""


class LockBusyError(InfrastructureError):
    """Another process holds the lock."""


class OwnedLock:
    """A held lock, which a thread renews until the `with` block of `owned_lock` is left."""

    def __init__(self, lock: Lock, seconds: float) -> None:
        self._lock = lock
        self._seconds = seconds
        self._stopped = Event()

    def check(self) -> None:
        """Renew the lock now.

        Raises:
            LockLostError: The lock has expired; another process may hold it.
        """
        try:
            self._lock.reacquire()
        except LockError as error:
            raise LockLostError(
                f"the lock {self._lock.name} expired while it was held; run the command again"
            ) from error

    def _renew(self) -> None:
        while not self._stopped.wait(self._seconds / _RENEWALS_PER_TTL):
            try:
                self._lock.reacquire()
            except LockNotOwnedError:
                return  # the owner learns it from `check`
            except RedisError as error:
                _log.info("lock %s could not be renewed: %s", self._lock.name, error)


@contextmanager
def owned_lock(redis: Redis, name: str, seconds: float, wait_seconds: float) -> Iterator[OwnedLock]:
    """Hold a lock for a `with` block, which must call `check` right before each protected step.

    Args:
        redis: The server.
        name: The lock's key.
        seconds: The lock's TTL.
        wait_seconds: How long to wait while another process holds it.

    Raises:
        LockBusyError: Another process held it all that time.
    """
    lock = Lock(redis, name, timeout=seconds, thread_local=False)
    if not lock.acquire(blocking_timeout=wait_seconds):
        raise LockBusyError(f"the lock {name} is held by another process; try again later")
    held = OwnedLock(lock, seconds)
    thread = Thread(target=held._renew, name="lock", daemon=True)
    thread.start()
    try:
        yield held
    finally:
        held._stopped.set()
        thread.join()
        with suppress(LockError):
            lock.release()

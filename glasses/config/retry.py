"""Retries: how long calls to a server that does not answer are repeated, and who is notified."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import contextmanager
from threading import Event, Lock, Thread, get_ident
from typing import TYPE_CHECKING, Any, TypeVar

from redis.backoff import ExponentialWithJitterBackoff
from redis.exceptions import AuthenticationError
from redis.retry import Retry

if TYPE_CHECKING:
    from collections.abc import Iterator

T = TypeVar("T")
Notify = Callable[[str], None]

FIRST_CONTACT_SECONDS = 5.0
"""Time limit for a server that has never answered: most likely its address is wrong."""
OUTAGE_SECONDS = 60.0
"""Time limit for a server that has answered before: most likely it is restarting."""
_NOTIFY_AFTER_SECONDS = 2.0
_NOTIFY_AGAIN_SECONDS = 15.0
_BACKOFF = ExponentialWithJitterBackoff(cap=2, base=0.1)


def ignore(_: str) -> None:
    """Discard a notification."""


class RetryPolicy(Retry):
    """Retry Redis commands with backoff and jitter, limited by time instead of by attempts."""

    def __init__(self, server: str, notify: Notify = ignore) -> None:
        super().__init__(_BACKOFF, retries=-1)
        self._server = server
        self._notify = notify
        self._notified_at = 0.0
        self._has_answered = False

    def __deepcopy__(self, _: Any) -> RetryPolicy:
        """Return the same policy: all connections share the outage."""
        return self

    def call_with_retry(
        self,
        do: Callable[[], Any],
        fail: Callable[..., Any],
        is_retryable: Callable[[Exception], bool] | None = None,
        with_failure_count: bool = False,
    ) -> Any:
        """Call `do` until it succeeds, the time is over, or the password is rejected."""
        started = time.monotonic()

        def may_retry(error: Exception) -> bool:
            if isinstance(error, AuthenticationError):
                return False  # redis-py counts it as a connection error, but retrying is useless
            waited = time.monotonic() - started
            limit = OUTAGE_SECONDS if self._has_answered else FIRST_CONTACT_SECONDS
            if waited > _NOTIFY_AFTER_SECONDS:
                self._notify_rarely(
                    f"{self._server} does not answer ({error}); retrying for {limit:.0f} s"
                )
            return waited < limit and (is_retryable is None or is_retryable(error))

        answer = super().call_with_retry(do, fail, may_retry, with_failure_count)
        self._has_answered = True
        return answer

    def _notify_rarely(self, text: str) -> None:
        now = time.monotonic()
        if now - self._notified_at > _NOTIFY_AGAIN_SECONDS:
            self._notified_at = now
            self._notify(text)


def retry_call(
    do: Callable[[], T], errors: type[Exception] | tuple[type[Exception], ...], seconds: float
) -> T:
    """Call a function until it succeeds, with backoff and jitter, or until the time is over.

    Args:
        do: The function, which must be safe to call more than once.
        errors: Exceptions after which it is called again; others are raised at once.
        seconds: Time limit, from the first call on; after it the last exception is raised.
    """
    started, failures = time.monotonic(), 0
    while True:
        try:
            return do()
        except errors:
            failures += 1
            pause = _BACKOFF.compute(failures)
            if time.monotonic() - started + pause > seconds:
                raise
            time.sleep(pause)


class SlowCallMonitor:
    """Report slow calls of libraries that retry silently."""

    def __init__(self, server: str, notify: Notify) -> None:
        self._server = server
        self._notify = notify
        self._started: dict[int, float] = {}
        self._notified_at = 0.0
        self._lock = Lock()
        self._thread: Thread | None = None
        self._stopped = Event()

    @contextmanager
    def call(self) -> Iterator[None]:
        """Monitor the `with` block as one call of this thread."""
        with self._lock:
            self._started[get_ident()] = time.monotonic()
            if self._thread is None and self._notify is not ignore:
                self._thread = Thread(target=self._watch, name="watch", daemon=True)
                self._thread.start()
        try:
            yield
        finally:
            self._started.pop(get_ident(), None)

    def _watch(self) -> None:
        while not self._stopped.wait(1):
            now = time.monotonic()
            longest = max((now - started for started in list(self._started.values())), default=0.0)
            is_due = now - self._notified_at > _NOTIFY_AGAIN_SECONDS
            if longest > 2 * _NOTIFY_AFTER_SECONDS and is_due:
                self._notified_at = now
                self._notify(f"{self._server} is not responding, retrying")

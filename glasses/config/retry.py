"""How long a server that does not answer is waited for, and who is told meanwhile."""

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
Tell = Callable[[str], None]

FIRST_CONTACT_SECONDS = 5.0
"""A server that never answered is most likely a wrong address."""
OUTAGE_SECONDS = 60.0
"""One that answered before is being restarted."""
_TELL_AFTER_SECONDS = 2.0
_TELL_AGAIN_SECONDS = 15.0
_BACKOFF = ExponentialWithJitterBackoff(cap=2, base=0.1)


def nobody(_: str) -> None:
    """Tells nobody."""


class Patience(Retry):
    """Retries Redis with backoff and jitter for some time, not for some number of tries."""

    def __init__(self, server: str, tell: Tell = nobody) -> None:
        super().__init__(_BACKOFF, retries=-1)
        self._server = server
        self._tell = tell
        self._told = 0.0
        self._reached = False

    def __deepcopy__(self, _: Any) -> Patience:
        """One for all connections: they share the outage."""
        return self

    def call_with_retry(
        self,
        do: Callable[[], Any],
        fail: Callable[..., Any],
        is_retryable: Callable[[Exception], bool] | None = None,
        with_failure_count: bool = False,
    ) -> Any:
        """As `Retry`'s, until the time is over or the password is refused."""
        started = time.monotonic()

        def may_go_on(error: Exception) -> bool:
            if isinstance(error, AuthenticationError):
                return False  # for redis-py a lost connection, too; no waiting changes it
            waited = time.monotonic() - started
            limit = OUTAGE_SECONDS if self._reached else FIRST_CONTACT_SECONDS
            if waited > _TELL_AFTER_SECONDS:
                self._say(f"{self._server} does not answer ({error}); trying for {limit:.0f} s")
            return waited < limit and (is_retryable is None or is_retryable(error))

        found = super().call_with_retry(do, fail, may_go_on, with_failure_count)
        self._reached = True
        return found

    def _say(self, text: str) -> None:
        now = time.monotonic()
        if now - self._told > _TELL_AGAIN_SECONDS:
            self._told = now
            self._tell(text)


def again(
    do: Callable[[], T], errors: type[Exception] | tuple[type[Exception], ...], seconds: float
) -> T:
    """Do something until it succeeds, with backoff and jitter, or until a time is over.

    Args:
        do: May be done more than once.
        errors: Worth another try; others end it, and so does one after `seconds`.
        seconds: From the first try on.
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


class Watched:
    """Tells when a call takes long, for libraries that retry in silence."""

    def __init__(self, server: str, tell: Tell) -> None:
        self._server = server
        self._tell = tell
        self._since: dict[int, float] = {}
        self._told = 0.0
        self._lock = Lock()
        self._thread: Thread | None = None
        self._ended = Event()

    @contextmanager
    def call(self) -> Iterator[None]:
        """A call, in this thread."""
        with self._lock:
            self._since[get_ident()] = time.monotonic()
            if self._thread is None and self._tell is not nobody:
                self._thread = Thread(target=self._watch, name="watch", daemon=True)
                self._thread.start()
        try:
            yield
        finally:
            self._since.pop(get_ident(), None)

    def _watch(self) -> None:
        while not self._ended.wait(1):
            now = time.monotonic()
            longest = max((now - since for since in list(self._since.values())), default=0.0)
            if longest > 2 * _TELL_AFTER_SECONDS and now - self._told > _TELL_AGAIN_SECONDS:
                self._told = now
                self._tell(f"{self._server} takes its time; waiting for it")

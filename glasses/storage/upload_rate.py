"""Upload rate: limits concurrent uploads on a slow connection, so that each one completes."""

from __future__ import annotations

import time
from collections.abc import Callable
from math import ceil
from threading import Condition

from glasses.config.retry import Notify, ignore
from glasses.errors import SlowServerError

PIECE_BYTES = 5 << 20
"""Larger objects are sent in pieces of this size, the minimum that S3 allows, each with its own
timeout."""
_PIECES = 4
"""Concurrent pieces of one object while the connection is fast."""
_SLOW_DIVISOR = 6
"""A piece is slow if it takes longer than the timeout divided by this."""
_FAST_DIVISOR = 4 * _SLOW_DIVISOR
"""A piece is fast if it takes less than the timeout divided by this."""


class UploadRate:
    """Limit the number of concurrent uploads by their duration.

    A slow upload halves the limit, a fast one raises it by one, and a timeout sets it to one. An
    upload that timed out is sent again, alone. Only an upload that times out alone has failed.

    Args:
        most: Initial and maximum limit.
        timeout_seconds: Time after which sending a piece fails.
        notify: Called with a message when the limit is lowered.
        clock: Returns the time in s.
    """

    def __init__(
        self,
        most: int,
        timeout_seconds: float,
        notify: Notify = ignore,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock
        self._most = most
        self._timeout = timeout_seconds
        self._notify = notify
        self._changed = Condition()
        self._limit = most
        self._running = 0
        self._lowered_at = 0.0
        self._lowest_reported = most
        self._failed: tuple[float, SlowServerError] | None = None

    def run(self, size: int, send: Callable[[int], None]) -> None:
        """Upload an object as soon as the limit allows it.

        Args:
            size: Size of the object, bytes.
            send: Uploads it with the given number of concurrent pieces; may be called again.

        Raises:
            SlowServerError: Sending a piece timed out although nothing else was being sent.
        """
        requested_at = self._clock()
        while True:
            pieces = self._begin(requested_at)
            started = self._clock()
            try:
                send(pieces)
            except SlowServerError as error:
                if not self._timed_out(started, error):
                    raise
            else:
                rounds = ceil(ceil(size / PIECE_BYTES) / pieces)
                self._succeeded(started, (self._clock() - started) / max(1, rounds))
                return
            finally:
                with self._changed:
                    self._running -= 1
                    self._changed.notify_all()

    def _begin(self, requested_at: float) -> int:
        """Wait for a free slot; return how many pieces may be sent concurrently."""
        with self._changed:
            self._changed.wait_for(lambda: self._running < self._limit)
            if self._failed and self._failed[0] > requested_at:
                # Uploads that were waiting then fail too, instead of each running into the timeout.
                raise self._failed[1]
            self._running += 1
            return _PIECES if self._limit == self._most else 1

    def _succeeded(self, started: float, seconds: float) -> None:
        with self._changed:
            if started < self._lowered_at:
                return  # it competed with more uploads than are running now
            if seconds > self._timeout / _SLOW_DIVISOR and self._limit > 1:
                self._slow_down(self._limit // 2)
            elif seconds < self._timeout / _FAST_DIVISOR and self._limit < self._most:
                self._limit += 1

    def _timed_out(self, started: float, error: SlowServerError) -> bool:
        """Return whether to send the object again."""
        with self._changed:
            if started >= self._lowered_at:
                if self._limit == 1:
                    self._failed = self._clock(), error
                    return False
                self._slow_down(1)
            return True

    def _slow_down(self, limit: int) -> None:
        self._limit = limit
        self._lowered_at = self._clock()
        if limit < self._lowest_reported:
            self._lowest_reported = limit
            self._notify(f"slow connection to the object store: uploading {limit} at a time")

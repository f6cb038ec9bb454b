"""A line on stderr that says how far a stage is."""

from __future__ import annotations

import sys
import time


def say(text: str) -> None:
    """One line of narration."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


class Progress:
    """Counts items; writes at most a line every `seconds`.

    Args:
        what: What is being done.
        total: How many items there are.
        seconds: Least time between two lines.
    """

    def __init__(self, what: str, total: int, seconds: float = 10.0) -> None:
        self._what, self._total, self._seconds = what, total, seconds
        self._done = 0
        self._start = self._last = time.monotonic()

    def add(self, count: int = 1) -> None:
        """Note that some more are done."""
        self._done += count
        now = time.monotonic()
        if now - self._last < self._seconds and self._done < self._total:
            return
        self._last = now
        rate = self._done / max(now - self._start, 1e-9)
        left = (self._total - self._done) / rate if rate else 0.0
        say(f"{self._what}: {self._done}/{self._total}, {rate:.0f}/s, {left:.0f} s left")

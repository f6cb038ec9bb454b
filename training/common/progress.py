"""Progress of a stage, on stderr."""

from __future__ import annotations

import sys
import time


def log(text: str) -> None:
    """Write one line to stderr."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


class ProgressLine:
    """Counts items, and logs at most one line every `seconds`.

    Args:
        name: What is being processed.
        total: Number of items.
        seconds: Minimum time between two lines.
    """

    def __init__(self, name: str, total: int, seconds: float = 10.0) -> None:
        self._name, self._total, self._seconds = name, total, seconds
        self._done = 0
        self._start = self._last = time.monotonic()

    def add(self, count: int = 1) -> None:
        """Count finished items."""
        self._done += count
        now = time.monotonic()
        if now - self._last < self._seconds and self._done < self._total:
            return
        self._last = now
        rate = self._done / max(now - self._start, 1e-9)
        remaining = (self._total - self._done) / rate if rate else 0.0
        log(f"{self._name}: {self._done}/{self._total}, {rate:.0f}/s, {remaining:.0f} s remaining")

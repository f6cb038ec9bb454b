"""Waiting for conditions: a loaded machine must pass too."""

from __future__ import annotations

import time
from collections.abc import Callable


def wait_until(
    condition: Callable[[], object], seconds: float = 60.0, why: Callable[[], str] = lambda: ""
) -> None:
    """Return when a condition holds; it did not within the time: fail, and say why."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"it did not happen in {seconds} s: {why()}"
        time.sleep(0.05)

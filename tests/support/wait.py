"""Waiting for a condition: a test never sleeps and hopes."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE_SECONDS = 90.0
"""Far more than any condition takes: a loaded machine must pass, a broken program must not hang."""


def wait_until(
    condition: Callable[[], object],
    explain: Callable[[], object] = str,
    seconds: float = PATIENCE_SECONDS,
) -> None:
    """Return once a condition holds; `explain` says what there was if it never did."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, explain()
        time.sleep(0.02)

"""Wait for a condition instead of sleeping for a fixed time."""

from __future__ import annotations

import time
from collections.abc import Callable

WAIT_SECONDS = 90.0
"""Much longer than any condition takes, because a loaded machine must pass too."""


def wait_until(
    condition: Callable[[], object],
    explain: Callable[[], object] = str,
    seconds: float = WAIT_SECONDS,
) -> None:
    """Return once a condition holds.

    Args:
        condition: Called every 20 ms.
        explain: Returns the message of the failure.
        seconds: Fail after this time.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, explain()
        time.sleep(0.02)

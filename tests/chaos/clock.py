"""The clock of Redis' host steps, back and forth, by up to an hour (libfaketime)."""

from __future__ import annotations

import random
from pathlib import Path

from tests.chaos.cluster import Cluster
from tests.support.stack import VALKEY, Stack

LIBRARY = "libfaketimeMT.so.1"
INSTALL = "install Debian's package `libfaketime`"
_FOLDERS = (Path("/usr/lib"), Path("/usr/local/lib"))
_LEAST_SECONDS, _MOST_SECONDS = 60, 3600


def find_library() -> Path | None:
    """Return libfaketime's path, if it is installed."""
    found = (path for each in _FOLDERS for path in each.glob(f"**/faketime/{LIBRARY}"))
    return next(found, None)


class Clock:
    """The wall clock of a server; its timers are not affected.

    Args:
        stack: Its Valkey is started again, under the clock.
        file: Says how far the clock is off.
    """

    def __init__(self, stack: Stack, file: Path) -> None:
        self._file = file
        self.offset = 0
        preload = find_library()
        assert preload, INSTALL
        self.step(0)
        variables = {
            "LD_PRELOAD": str(preload), "FAKETIME_TIMESTAMP_FILE": str(file),
            "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }  # fmt: skip
        stack.restart_with(VALKEY, variables)
        stack.wait_for_redis()

    def step(self, offset: int) -> None:
        """Set the clock to an offset in seconds from the true time."""
        partial = self._file.with_suffix(".partial")
        partial.write_text(f"{offset:+d}\n")
        partial.replace(self._file)
        self.offset = offset


def step_clock(cluster: Cluster, chance: random.Random) -> bool:
    """Step the clock, by a minute at least."""
    assert cluster.clock
    before = cluster.clock.offset
    steps = (chance.randint(-_MOST_SECONDS, _MOST_SECONDS) for _ in range(1000))
    cluster.clock.step(next(each for each in steps if abs(each - before) >= _LEAST_SECONDS))
    return True

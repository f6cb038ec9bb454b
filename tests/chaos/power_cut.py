"""Redis' host loses power: what Valkey wrote in the last seconds never reached the disk.

`kill -9` alone loses nothing that Valkey wrote, since the kernel keeps it. So the length of the
append-only file is noted all the time, and after the kill the file is cut to an earlier length.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from glasses.client import Client
from glasses.errors import GlassesError
from glasses.protocol.statuses import JobState
from tests.chaos.cluster import Cluster
from tests.support.stack import VALKEY, Stack

MOST_SECONDS = 2.0
"""`appendfsync everysec` loses up to a second, or two when the disk is slow."""
_NOTE_SECONDS = 0.05
_NOTES = 200
_MOMENT_SECONDS = 3.0
"""How long a power cut waits for its moment before it happens anyway."""


class WriteHistory(threading.Thread):
    """Records the length of Valkey's append-only file over time and can truncate it.

    Args:
        stack: Its Valkey, whichever process that is at the time.
    """

    def __init__(self, stack: Stack) -> None:
        super().__init__(name="write-history", daemon=True)
        self._stack = stack
        self._notes: deque[tuple[float, Path, int]] = deque(maxlen=_NOTES)
        self._stopped = threading.Event()

    def run(self) -> None:
        """Record the length until `stop` is called."""
        while not self._stopped.wait(_NOTE_SECONDS):
            self._note()

    def stop(self) -> None:
        """Stop recording."""
        self._stopped.set()
        self.join(10)

    def survived(self) -> None:
        """Mark the present content as durable: a later power cut keeps it."""
        self._notes.clear()
        self._note()

    def cut(self, seconds: float, chance: random.Random) -> int:
        """Drop what was written in the last seconds; Valkey must be down.

        Returns:
            The number of bytes that were cut off.
        """
        path, then = self._path(), time.monotonic() - seconds
        noted = list(self._notes)
        notes = [(when, length) for when, each, length in noted if each == path]
        # A file that a rewrite began since then was empty; else the first note is what survived.
        first = notes[0][1] if notes and len(notes) == len(noted) else 0
        before = max((length for when, length in notes if when <= then), default=first)
        after = min((length for when, length in notes if when > then), default=before)
        # The disk knows nothing of commands: the last one may be cut in the middle.
        kept = chance.randint(before, max(before, after))
        size = path.stat().st_size
        os.truncate(path, min(kept, size))
        return max(0, size - kept)

    def _note(self) -> None:
        try:
            path = self._path()
            self._notes.append((time.monotonic(), path, path.stat().st_size))
        except (OSError, ValueError):
            return  # between two files, or Valkey is being replaced

    def _path(self) -> Path:
        folder = self._stack.redis_folder / "appendonlydir"
        return max(folder.glob("*.incr.aof"), key=lambda path: int(path.suffixes[-3][1:]))


def cut_power(cluster: Cluster, chance: random.Random) -> bool:
    """Cut the power at a critical moment and start Valkey with what was on the disk."""
    moment, most_seconds_later = chance.choice(_MOMENTS)
    _wait(cluster, moment(cluster))
    time.sleep(chance.uniform(0, most_seconds_later))
    cluster.stack.kill(VALKEY)
    size = cluster.write_history.cut(chance.uniform(0, MOST_SECONDS), chance)
    cluster.log(f"{size} bytes cut off {moment.__name__}")
    time.sleep(chance.uniform(0, 0.5))
    cluster.write_history.survived()
    cluster.stack.start(VALKEY)
    cluster.stack.wait_for_redis()
    return True


def _at_once(_: Cluster) -> Callable[[], bool]:
    return lambda: True


def _submission_ended(cluster: Cluster) -> Callable[[], bool]:
    before = sum(job.submitted for job in cluster.jobs.values())
    return lambda: sum(job.submitted for job in cluster.jobs.values()) > before


def _submitting(cluster: Cluster) -> Callable[[], bool]:
    """Return whether photos are being sent; the id of the job is printed before."""
    return lambda: any(each.job_id for each in cluster.submitters)


def _job_done(cluster: Cluster) -> Callable[[], bool]:
    before = _done(cluster.client)
    return lambda: _done(cluster.client) > before


_MOMENTS: list[tuple[Callable[[Cluster], Callable[[], bool]], float]] = [
    (_at_once, 0.0), (_submission_ended, 0.5), (_job_done, 0.5), (_submitting, 1.5),
]  # fmt: skip
"""What a power cut waits for, and its maximum delay afterwards in seconds."""


def _done(client: Client) -> int:
    try:
        return sum(status.state is JobState.DONE for status in client.jobs())
    except GlassesError:
        return 0


def _wait(cluster: Cluster, moment: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _MOMENT_SECONDS
    while not moment() and time.monotonic() < deadline:
        cluster.tend()
        time.sleep(0.05)

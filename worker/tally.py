"""What the processes of a pool have done: child -> a line in a pipe -> parent -> its heartbeat.

No round trip to Redis is spent on it, and a process that is killed in the middle breaks nothing: a
line is written whole or not at all (`pipe(7)`, PIPE_BUF).
"""

from __future__ import annotations

import json
import os
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from typing import TypeVar

T = TypeVar("T")
RATE_SECONDS = 30.0
"""The rate of a host is that of so long a time."""
MEMORY_SECONDS = 300.0
"""Runs older than this say nothing of how fast a process is now."""

_read, _write = os.pipe()
os.set_blocking(_read, False)
os.set_blocking(_write, False)


@dataclass(slots=True)
class Run:
    """One run of a chunk.

    Attributes:
        photos: That it gave verdicts.
        attempt: Which run of the chunk this was; 0 if there was nothing to do.
        seconds: From its start to its end.
        stages: Seconds by stage: fetch (waiting for photos), find, classify, record.
    """

    photos: int = 0
    attempt: int = 0
    seconds: float = 0.0
    stages: dict[str, float] = field(default_factory=dict)


_run = Run()


@contextmanager
def run() -> Iterator[Run]:
    """Measure a run, and tell the parent when it ends."""
    global _run
    _run, start = Run(), time.perf_counter()
    try:
        yield _run
    finally:
        _run.seconds = time.perf_counter() - start
        with suppress(OSError):  # nobody reads: better lost than stuck
            os.write(_write, json.dumps(asdict(_run)).encode() + b"\n")


def current() -> Run:
    """The run that this process is at."""
    return _run


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Count the time of the block to a stage of the run."""
    start = time.perf_counter()
    try:
        yield
    finally:
        _run.stages[name] = _run.stages.get(name, 0.0) + time.perf_counter() - start


def awaited(name: str, items: Iterator[T]) -> Iterator[T]:
    """The same items, the time that each is waited for counted to a stage."""
    while True:
        with stage(name):
            item = next(items, None)
        if item is None:
            return
        yield item


class Tally:
    """The parent's sum of what its processes told.

    Attributes:
        photos: Given verdicts since the start.
        chunks: Runs of chunks since the start.
        repeated: Those that were not their chunk's first.
        died: Runs that died, raised or were killed for their time.
        reconciled: Lost chunks that this host queued again.
        stages: Seconds by stage since the start.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.photos = 0
        self.chunks = 0
        self.repeated = 0
        self.died = 0
        self.reconciled = 0
        self.stages: dict[str, float] = {}
        self._clock = clock
        self._started = clock()
        self._recent: deque[tuple[float, Run]] = deque()
        self._rest = b""

    def collect(self) -> None:
        """Read what the processes have told since the last time."""
        with suppress(BlockingIOError):
            while data := os.read(_read, 1 << 16):
                *lines, self._rest = (self._rest + data).split(b"\n")
                for line in lines:
                    self.add(Run(**json.loads(line)))

    def add(self, run: Run) -> None:
        """Count a run that has just ended."""
        if not run.attempt:
            return
        self.photos += run.photos
        self.chunks += 1
        self.repeated += run.attempt > 1
        for name, seconds in run.stages.items():
            self.stages[name] = self.stages.get(name, 0.0) + seconds
        self._recent.append((self._clock(), run))

    @property
    def photos_per_second(self) -> float:
        """Of the whole host, lately."""
        now = self._clock()
        photos = sum(run.photos for ended, run in self._lately() if ended > now - RATE_SECONDS)
        return photos / max(1.0, min(RATE_SECONDS, now - self._started))

    @property
    def process_rate(self) -> float | None:
        """Photos a second of one process while it works; None if none has worked lately."""
        runs = [run for _, run in self._lately() if run.photos]
        seconds = sum(run.seconds for run in runs)
        return sum(run.photos for run in runs) / seconds if seconds else None

    def _lately(self) -> deque[tuple[float, Run]]:
        while self._recent and self._recent[0][0] < self._clock() - MEMORY_SECONDS:
            self._recent.popleft()
        return self._recent


host = Tally()
"""The parent's."""

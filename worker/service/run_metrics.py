"""Run metrics: process of the pool -> a line in a pipe -> parent -> its heartbeat.

This costs no round trip to Redis. A process that is killed while it writes breaks nothing: a line
is written completely or not at all (`pipe(7)`, PIPE_BUF).
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

from glasses.errors import InfrastructureError

T = TypeVar("T")
RATE_SECONDS = 30.0
"""Window over which the rate of a host is averaged."""
RECENT_SECONDS = 300.0
"""Older runs do not count in the rate of a process."""
MAX_ERROR_CHARACTERS = 400

_pipe: tuple[int, int] | None = None
"""File descriptors to read from and to write to, shared by the parent and its pool."""


@dataclass(slots=True)
class ChunkRun:
    """One run of a chunk.

    Attributes:
        photos: Number of photos that were given verdicts.
        attempt: Number of this run of the chunk, from 1; 0 if there was nothing to do.
        seconds: Duration.
        stages: Seconds per stage: fetch (waiting for photos), find, classify, record.
        server_error: The server error that failed the run; "" if there was none.
    """

    photos: int = 0
    attempt: int = 0
    seconds: float = 0.0
    stages: dict[str, float] = field(default_factory=dict)
    server_error: str = ""


_run = ChunkRun()


def open_pipe() -> None:
    """Open the pipe, without which runs are not reported; call once, before the parent forks."""
    global _pipe
    _pipe = os.pipe()
    for descriptor in _pipe:
        os.set_blocking(descriptor, False)


@contextmanager
def run() -> Iterator[ChunkRun]:
    """Measure a run and report it to the parent when it ends."""
    global _run
    _run, start = ChunkRun(), time.perf_counter()
    try:
        yield _run
    except InfrastructureError as error:
        _run.server_error = str(error)[:MAX_ERROR_CHARACTERS]
        raise
    finally:
        _run.seconds = time.perf_counter() - start
        if _pipe is not None:
            with suppress(OSError):  # a full pipe loses the line rather than block the process
                os.write(_pipe[1], json.dumps(asdict(_run)).encode() + b"\n")


def current_run() -> ChunkRun:
    """Return the run that this process is measuring."""
    return _run


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Add the duration of the `with` block to a stage of the current run."""
    start = time.perf_counter()
    try:
        yield
    finally:
        _run.stages[name] = _run.stages.get(name, 0.0) + time.perf_counter() - start


def time_items(name: str, items: Iterator[T]) -> Iterator[T]:
    """Yield the items, and add the time spent waiting for each to a stage of the current run."""
    while True:
        with stage(name):
            item = next(items, None)
        if item is None:
            return
        yield item


class RunMetrics:
    """Sums of all runs of a worker host, kept by the parent.

    Attributes:
        photos: Photos that were given verdicts since the start.
        chunks: Runs of chunks since the start.
        repeated: Runs that were not the first of their chunk.
        died: Runs that raised, whose process died, or that exceeded their time limit.
        reconciled: Lost chunks that this host queued again.
        stages: Seconds per stage since the start.
        server_error: The server error that failed the last run; None if there was none.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.photos = 0
        self.chunks = 0
        self.repeated = 0
        self.died = 0
        self.reconciled = 0
        self.stages: dict[str, float] = {}
        self.server_error: str | None = None
        self._clock = clock
        self._started = clock()
        self._recent: deque[tuple[float, ChunkRun]] = deque()
        self._partial_line = b""

    def collect(self) -> None:
        """Add the runs that the processes have reported since the last call."""
        if _pipe is None:
            return
        with suppress(BlockingIOError):
            while data := os.read(_pipe[0], 1 << 16):
                *lines, self._partial_line = (self._partial_line + data).split(b"\n")
                for line in lines:
                    self.add(ChunkRun(**json.loads(line)))

    def add(self, run: ChunkRun) -> None:
        """Add a run that has just ended."""
        if run.server_error:
            self.server_error = run.server_error
        if not run.attempt:
            return
        if not run.server_error:
            self.server_error = None
        self.photos += run.photos
        self.chunks += 1
        self.repeated += run.attempt > 1
        for name, seconds in run.stages.items():
            self.stages[name] = self.stages.get(name, 0.0) + seconds
        self._recent.append((self._clock(), run))

    @property
    def photos_per_second(self) -> float:
        """Photos per second of the whole host, over the last `RATE_SECONDS`."""
        now = self._clock()
        photos = sum(run.photos for ended, run in self._recent_runs() if ended > now - RATE_SECONDS)
        return photos / max(1.0, min(RATE_SECONDS, now - self._started))

    @property
    def process_rate(self) -> float | None:
        """Photos per second of one busy process; None if no run of the last minutes had photos."""
        runs = [run for _, run in self._recent_runs() if run.photos]
        seconds = sum(run.seconds for run in runs)
        return sum(run.photos for run in runs) / seconds if seconds else None

    def _recent_runs(self) -> deque[tuple[float, ChunkRun]]:
        while self._recent and self._recent[0][0] < self._clock() - RECENT_SECONDS:
            self._recent.popleft()
        return self._recent


host_metrics = RunMetrics()
"""Metrics of this host; used by the parent only."""

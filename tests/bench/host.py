"""What the processes of a local stack take while a job runs: CPU by part, memory at its peak."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import psutil

from infra.local import members
from tests.bench.gauges import cpu_seconds
from tests.bench.resident import held, own

PAUSE = 0.5
"""Seconds between two looks at the memory: each takes some ms of a core."""
Figures = dict[str, float]


@dataclass
class Host:
    """Watches a worker and its servers from `with` on to its end.

    Args:
        pids: Of the stack's processes, by name.

    Attributes:
        cpu: Seconds that each part took; the submitter is this process.
        seconds: From the first to the last.
        memory: The most that was seen, in MB, each page once. What a further process costs is what
            no other has: shared pages are there already. The first one's is all else, the parent's
            included.
    """

    pids: Mapping[str, int]
    cpu: Figures = field(default_factory=dict)
    seconds: float = 0.0
    memory: Figures = field(default_factory=dict)

    def __enter__(self) -> Self:
        self._worker = psutil.Process(self.pids[members.WORKER])
        self._pool = self._worker.children()
        self._most: dict[psutil.Process, float] = {}
        self._done = threading.Event()
        self._watch = threading.Thread(target=self._look_again)
        self._watch.start()
        self._before, self._start = self._cpu(), time.perf_counter()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.seconds = time.perf_counter() - self._start
        self.cpu = {name: spent - self._before[name] for name, spent in self._cpu().items()}
        self._done.set()
        self._watch.join()
        self.memory = self._memory()

    def _cpu(self) -> Figures:
        pool = sum(cpu_seconds(child.pid) for child in self._pool)
        return {
            "worker": pool,
            "worker's parent": cpu_seconds(self._worker.pid) - pool,
            "S3": cpu_seconds(self.pids[members.S3]),
            "Redis": cpu_seconds(self.pids[members.VALKEY]),
            "submitter": sum(os.times()[:2]),
        }

    def _look_again(self) -> None:
        self._look()
        while not self._done.wait(PAUSE):
            self._look()

    def _look(self) -> None:
        for child in self._pool:
            self._most[child] = max(own(child), self._most.get(child, 0.0))

    def _memory(self) -> Figures:
        # All of it is weighed once, at the end: that takes too long to be done beside the work.
        self._look()
        less = sum(self._most[child] - own(child) for child in self._pool)
        further = max(self._most.values())
        first = held([self._worker, *self._pool]) + less - (len(self._pool) - 1) * further
        return {
            "MB of a worker's first process": first,
            "MB of each further process": further,
        }

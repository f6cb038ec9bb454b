"""Host: CPU and peak memory of a local stack's processes while a job runs."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import psutil

from infra.local import stack_processes
from tests.bench.gauges import cpu_seconds
from tests.bench.resident import private_memory_mb, total_memory_mb

PAUSE_SECONDS = 0.5
"""Seconds between two measurements of memory. Each takes some ms of CPU."""
Figures = dict[str, float]


@dataclass
class Host:
    """Measures a worker and its servers during the `with` block.

    Args:
        pids: Process ids of the stack, by name.

    Attributes:
        cpu: CPU seconds by process; the submitter is this process.
        seconds: Duration of the block.
        memory: Peak in MB, each shared page counted once. A further process costs its private
            memory. The first process accounts for everything else, including the parent.
    """

    pids: Mapping[str, int]
    cpu: Figures = field(default_factory=dict)
    seconds: float = 0.0
    memory: Figures = field(default_factory=dict)

    def __enter__(self) -> Self:
        self._worker = psutil.Process(self.pids[stack_processes.WORKER])
        self._pool = self._worker.children()
        self._peak: dict[psutil.Process, float] = {}
        self._done = threading.Event()
        self._sampler = threading.Thread(target=self._sample_repeatedly)
        self._sampler.start()
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
        self._sampler.join()
        self.memory = self._memory()

    def _cpu(self) -> Figures:
        pool = sum(cpu_seconds(child.pid) for child in self._pool)
        return {
            "worker": pool,
            "worker's parent": cpu_seconds(self._worker.pid) - pool,
            "S3": cpu_seconds(self.pids[stack_processes.S3]),
            "Redis": cpu_seconds(self.pids[stack_processes.VALKEY]),
            "submitter": sum(os.times()[:2]),
        }

    def _sample_repeatedly(self) -> None:
        self._sample()
        while not self._done.wait(PAUSE_SECONDS):
            self._sample()

    def _sample(self) -> None:
        for child in self._pool:
            self._peak[child] = max(private_memory_mb(child), self._peak.get(child, 0.0))

    def _memory(self) -> Figures:
        # The total is measured once, at the end: this is too slow to repeat during the job.
        self._sample()
        freed = sum(self._peak[child] - private_memory_mb(child) for child in self._pool)
        further = max(self._peak.values())
        first = (
            total_memory_mb([self._worker, *self._pool]) + freed - (len(self._pool) - 1) * further
        )
        return {
            "MB of a worker's first process": first,
            "MB of each further process": further,
        }

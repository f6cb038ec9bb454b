from __future__ import annotations

import os

import pytest

from worker.service import run_metrics
from worker.service.memory import host_memory_mb
from worker.service.run_metrics import ChunkRun, RunMetrics


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_child_process_reports_its_runs_to_its_parent() -> None:
    run_metrics.open_pipe()
    pid = os.fork()
    if not pid:
        with run_metrics.run() as run:
            run.attempt, run.photos = 2, 32
            with run_metrics.stage("find"), run_metrics.stage("classify"):
                pass
        os._exit(0)
    os.waitpid(pid, 0)
    host = RunMetrics()
    host.collect()
    assert (host.photos, host.chunks, host.repeated) == (32, 1, 1)
    assert set(host.stages) == {"find", "classify"}
    host.collect()
    assert host.chunks == 1


def test_runs_without_photos_do_not_count() -> None:
    host = RunMetrics(Clock())
    host.add(ChunkRun(photos=0, attempt=0, seconds=5))
    assert (host.chunks, host.process_rate, host.photos_per_second) == (0, None, 0)


def test_the_rate_covers_working_time_of_the_last_30_seconds() -> None:
    clock = Clock()
    host = RunMetrics(clock)
    clock.now = 1000.0
    host.add(ChunkRun(photos=30, attempt=1, seconds=3))
    assert host.photos_per_second == pytest.approx(1)
    clock.now = 1100.0
    host.add(ChunkRun(photos=60, attempt=1, seconds=3))
    assert host.photos_per_second == pytest.approx(2)
    assert host.process_rate == pytest.approx(15)
    clock.now = 1350.0
    assert host.process_rate == pytest.approx(20), "the first run is too long ago"
    clock.now = 1401.0
    assert host.process_rate is None
    assert host.photos == 90


def test_a_missing_reader_does_not_block_a_process() -> None:
    run_metrics.open_pipe()
    for _ in range(2000):  # far more than a pipe holds
        with run_metrics.run() as run:
            run.attempt = 1
    host = RunMetrics()
    host.collect()
    assert 0 < host.chunks <= 2000


@pytest.mark.skipif(not os.path.exists("/proc/self/smaps_rollup"), reason="needs Linux")
def test_memory_of_this_process_is_measured() -> None:
    found = host_memory_mb()
    assert found is not None
    assert 1 < found < 100_000

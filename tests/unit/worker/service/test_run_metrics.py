from __future__ import annotations

import os

import pytest

from worker import tally
from worker.memory import host_memory_mb
from worker.tally import Run, Tally


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_child_tells_its_parent_what_it_did() -> None:
    pid = os.fork()
    if not pid:
        with tally.run() as run:
            run.attempt, run.photos = 2, 32
            with tally.stage("find"), tally.stage("classify"):
                pass
        os._exit(0)
    os.waitpid(pid, 0)
    host = Tally()
    host.collect()
    assert (host.photos, host.chunks, host.repeated) == (32, 1, 1)
    assert set(host.stages) == {"find", "classify"}
    host.collect()
    assert host.chunks == 1


def test_runs_that_had_nothing_to_do_count_for_nothing() -> None:
    host = Tally(Clock())
    host.add(Run(photos=0, attempt=0, seconds=5))
    assert (host.chunks, host.process_rate, host.photos_per_second) == (0, None, 0)


def test_rate_is_that_of_the_last_half_minute_and_of_working_time() -> None:
    clock = Clock()
    host = Tally(clock)
    clock.now = 1000.0
    host.add(Run(photos=30, attempt=1, seconds=3))
    assert host.photos_per_second == pytest.approx(1)
    clock.now = 1100.0
    host.add(Run(photos=60, attempt=1, seconds=3))
    assert host.photos_per_second == pytest.approx(2)
    assert host.process_rate == pytest.approx(15)
    clock.now = 1350.0
    assert host.process_rate == pytest.approx(20), "the first run is too long ago"
    clock.now = 1401.0
    assert host.process_rate is None
    assert host.photos == 90


def test_nobody_who_reads_holds_no_process_up() -> None:
    for _ in range(2000):  # far more than a pipe holds
        with tally.run() as run:
            run.attempt = 1
    host = Tally()
    host.collect()
    assert 0 < host.chunks <= 2000


@pytest.mark.skipif(not os.path.exists("/proc/self/smaps_rollup"), reason="needs Linux")
def test_memory_of_this_process_is_known() -> None:
    found = host_memory_mb()
    assert found is not None
    assert 1 < found < 100_000

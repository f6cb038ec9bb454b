from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from glasses.jobs.forecast import Forecast
from glasses.ledger.workers import WorkerInfo
from producer.commands.status import duration, eta, needed_by
from producer.commands.workers import table, total

NOW = datetime(2026, 1, 31, 12, 0).astimezone()


def worker(**values: object) -> WorkerInfo:
    return WorkerInfo.model_validate(
        {"worker_id": "a-host:123", "processes": 4, "model": "m@1", "threshold": 0.5,
         "started": 0, "seen": 100, **values}
    )  # fmt: skip


def test_the_table_has_one_line_per_host_and_a_total() -> None:
    found = [worker(busy=3, photos_per_second=41.26, memory_mb=238.4), worker(processes=2)]
    head, first, second = table(found, now=102.4)
    assert " ".join(head.split()) == "HOST:PID PROCESSES BUSY PHOTOS/S MEMORY SEEN MODEL"
    assert " ".join(first.split()) == "a-host:123 4 3 41.3 238 MB 2 s m@1"
    assert " ".join(second.split()) == "a-host:123 2 0 0.0 2 s m@1"
    assert total(found) == "1 host, 6 processes, 41.3 photos/s in the last 30 s"
    found.append(worker(worker_id="b-host:123", processes=0))
    assert total(found) == "2 hosts, 6 processes, 41.3 photos/s in the last 30 s"


def test_a_heartbeat_of_an_older_worker_still_parses() -> None:
    assert worker().process_rate is None


def test_the_eta_states_its_basis_and_is_missing_without_a_rate() -> None:
    found = Forecast(photos_ahead=12_000, processes=4, process_rate=20, eta_seconds=150)
    assert eta(found, NOW) == (
        "in 2 min, at 12:02: 12000 photos, 4 worker processes at 20.0 photos/s each"
    )
    assert "no worker has finished" in eta(
        Forecast(photos_ahead=1, processes=4, process_rate=None, eta_seconds=None), NOW
    )
    assert "no worker runs its model" in eta(
        Forecast(photos_ahead=1, processes=0, process_rate=None, eta_seconds=None), NOW
    )


def test_the_number_of_workers_to_finish_by_a_time_is_shown() -> None:
    found = Forecast(photos_ahead=12_000, processes=4, process_rate=20, eta_seconds=150)
    at = NOW + timedelta(minutes=1)
    assert needed_by(found, at, NOW) == "10 worker processes would finish by 12:01; 4 running"
    assert needed_by(None, at, NOW) == "already finished"
    unknown = Forecast(photos_ahead=1, processes=4, process_rate=None, eta_seconds=None)
    assert needed_by(unknown, at, NOW).startswith("unknown")


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.1, "1 s"), (99, "99 s"), (600, "10 min"), (7200, "2.0 h")]
)
def test_durations_are_readable(seconds: float, words: str) -> None:
    assert duration(seconds) == words

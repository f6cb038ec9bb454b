from __future__ import annotations

from datetime import datetime

import pytest

from glasses.errors import UsageError
from glasses.jobs.forecast import forecast, next_time
from glasses.ledger.workers import WorkerInfo
from glasses.protocol.schemas import JobStatus
from glasses.protocol.statuses import JobState


def job(job_id: str, pending: int, state: JobState = JobState.RUNNING) -> JobStatus:
    return JobStatus(
        job_id=job_id, name="", state=state, created=0, expires=9, finished=None, submitted=pending,
        classified=0, no_face=0, failed=0, cancelled=0, pending=pending, with_glasses=0,
        model="m@1", threshold=0.5, faces="any",
    )  # fmt: skip


def worker(processes: int, rate: float | None, model: str = "m@1") -> WorkerInfo:
    return WorkerInfo(
        worker_id=f"{processes}", processes=processes, model=model, threshold=0.5,
        started=0, seen=0, process_rate=rate,
    )  # fmt: skip


def test_the_eta_of_a_single_job_is_its_photos_over_the_total_rate() -> None:
    found = forecast(job("a", 1000), [job("a", 1000)], [worker(1, 10), worker(3, 30)])
    assert found.process_rate == pytest.approx(25)
    assert found.eta_seconds == pytest.approx(10)


def test_other_jobs_count_with_at_most_the_photos_of_this_job() -> None:
    jobs = [job("a", 100), job("b", 30), job("c", 9000), job("d", 500, JobState.CANCELLED)]
    assert forecast(jobs[0], jobs, []).photos_ahead == 100 + 30 + 100


def test_without_a_rate_there_is_no_eta_and_no_number_of_workers() -> None:
    found = forecast(job("a", 100), [], [worker(2, None), worker(4, 50, model="other@1")])
    assert (found.processes, found.process_rate, found.eta_seconds) == (2, None, None)
    assert found.processes_to_end_within(60) is None


@pytest.mark.parametrize(
    ("seconds", "processes"), [(100, 1), (50, 2), (49, 3), (1, 100), (0, None)]
)
def test_the_number_of_processes_to_finish_in_time_is_computed(
    seconds: float, processes: int | None
) -> None:
    found = forecast(job("a", 1000), [], [worker(1, 10)])
    assert found.processes_to_end_within(seconds) == processes


def test_a_time_of_day_is_its_next_occurrence() -> None:
    now = datetime(2026, 1, 31, 22, 30).astimezone()
    assert next_time("23:00", now).isoformat()[:16] == "2026-01-31T23:00"
    assert next_time("22:30", now).isoformat()[:16] == "2026-02-01T22:30"
    with pytest.raises(UsageError, match="HH:MM"):
        next_time("5pm", now)

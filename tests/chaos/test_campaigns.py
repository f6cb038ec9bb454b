"""Seeded random faults of all kinds while jobs run: each photo has exactly one row."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos import clock
from tests.chaos.campaign import run
from tests.chaos.plan import Plan

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(1200)]


def test_power_cuts_and_kills_lose_duplicate_and_falsify_nothing(
    demo_photos: Path, tmp_path: Path
) -> None:
    faults = {"cuts": 5, "kills": 5, "disturbances": 2}
    report = run(Plan(1, 400, faults, job_photos=200, pause=0.3), tmp_path, demo_photos)
    assert report.faults.get("cut_power") == 5
    assert report.violations == {}, report


def test_jobs_survive_the_loss_of_all_redis_data_whatever_commands_run_then(
    demo_photos: Path, tmp_path: Path
) -> None:
    plan = Plan(2, 300, {"flushes": 2, "kills": 1}, job_photos=100, pause=0.5)
    report = run(plan, tmp_path, demo_photos)
    assert report.faults.get("flush_all") == 2
    assert report.violations == {}, report


def test_jobs_survive_failovers_to_a_lagging_replica(demo_photos: Path, tmp_path: Path) -> None:
    plan = Plan(3, 300, {"promotions": 3}, job_photos=150, pause=0.5)
    report = run(plan, tmp_path, demo_photos)
    assert report.faults.get("promote_replica") == 3
    assert report.violations == {}, report


@pytest.mark.skipif(clock.find_library() is None, reason=f"no libfaketime: {clock.INSTALL}")
def test_jobs_survive_clock_steps_and_broken_connections(demo_photos: Path, tmp_path: Path) -> None:
    plan = Plan(4, 300, {"clock_steps": 3, "disconnections": 4}, job_photos=150, pause=0.5)
    report = run(plan, tmp_path, demo_photos)
    assert report.faults.get("step_clock") == 3
    assert report.violations == {}, report


def test_without_the_reconciler_kills_lose_photos(demo_photos: Path, tmp_path: Path) -> None:
    # Where a busy machine's workers had not begun yet when they were killed, none may be lost.
    losses = []
    for seed in (1, 2, 3):
        faults = {"kills": 8}
        plan = Plan(
            seed, 400, faults, job_photos=200, pause=0.4, reconciler=False, stall=8
        )  # fmt: skip
        home = tmp_path / str(seed)
        home.mkdir()
        losses.append(run(plan, home, demo_photos).lost)
        if losses[-1]:
            return
    pytest.fail(f"the reconciler is not needed: {losses} photos lost without it")

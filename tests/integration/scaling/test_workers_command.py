"""`glasses workers` and the forecasts that follow from it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from glasses.client import Client
from glasses.config.settings import Settings
from tests.support.commands import glasses_output
from tests.support.photos import photos
from tests.support.wait import wait_until
from tests.support.workers import Worker


def test_workers_report_their_work_their_rate_and_the_expected_end_of_a_job(
    client: Client,
    settings: Settings,
    start_worker: Callable[..., Worker],
    demo_photos: Path,
    tmp_path: Path,
) -> None:
    beats = tmp_path / "heartbeat"
    job = client.submit([photos(tmp_path / "in", demo_photos / "hopper.jpg", 40)])
    before = job.forecast(job.status())
    assert (before.photos_ahead, before.eta_seconds) == (40, None)
    start_worker(1, chunk_size=8, heartbeat_file=str(beats))
    job.wait(90)
    wait_until(lambda: client.workers()[0][0].photos == 40)
    worker = json.loads(glasses_output("workers", "--json", settings=settings))[0]
    assert (worker["processes"], worker["chunks"], worker["repeated"], worker["died"]) == (
        1, 3, 0, 0,
    )  # fmt: skip
    assert worker["process_rate"] > 0
    assert worker["photos_per_second"] > 0
    assert worker["memory_mb"] > 20
    assert set(worker["stages"]) == {"fetch", "find", "classify", "record"}
    assert beats.exists()

    following = client.submit([photos(tmp_path / "more", demo_photos / "collins.jpg", 100)])
    text = glasses_output("status", following.id, "--finish-by", "23:59", settings=settings)
    status = following.status()
    if status.pending:  # else the machine was faster than the question
        forecast = following.forecast(status)
        assert forecast.eta_seconds
        assert forecast.processes == 1
    assert "would finish by 23:59; 1 running" in text or "already finished" in text

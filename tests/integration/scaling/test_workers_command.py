"""What workers say of themselves, and what follows for a job's end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from glasses.client import Client
from glasses.settings import Settings
from infra.local.workers import environment
from tests.support.photos import photos
from tests.support.waiting import wait_until
from tests.support.workers import Worker


def glasses(settings: Settings, *arguments: str) -> str:
    return subprocess.run(
        [sys.executable, "-m", "producer", *arguments],
        env=os.environ | environment(settings),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    ).stdout


def test_workers_say_what_they_did_how_fast_and_when_a_job_will_have_ended(
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
    worker = json.loads(glasses(settings, "workers", "--json"))[0]
    assert (worker["processes"], worker["chunks"], worker["repeated"], worker["died"]) == (
        1, 3, 0, 0,
    )  # fmt: skip
    assert worker["process_rate"] > 0
    assert worker["photos_per_second"] > 0
    assert worker["memory_mb"] > 20
    assert set(worker["stages"]) == {"fetch", "find", "classify", "record"}
    assert beats.exists()

    following = client.submit([photos(tmp_path / "more", demo_photos / "collins.jpg", 100)])
    text = glasses(settings, "status", following.id, "--finish-by", "23:59")
    status = following.status()
    if status.pending:  # else the machine was faster than the question
        forecast = following.forecast(status)
        assert forecast.eta_seconds
        assert forecast.processes == 1
    assert "would finish by 23:59; 1 run" in text or "it has ended" in text

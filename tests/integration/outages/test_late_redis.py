"""Workers that start before Redis does."""

from __future__ import annotations

from pathlib import Path

import psutil

from glasses.client import Client
from glasses.settings import Settings
from tests.integration.outages.conftest import Network
from tests.support.stack import Stack
from tests.support.waiting import wait_until
from tests.support.workers import Worker


def test_a_process_that_dies_before_redis_was_reached_ends_no_worker(
    settings: Settings, stack: Stack, network: Network, demo_photos: Path, tmp_path: Path
) -> None:
    network.redis.cut()
    worker = Worker(settings, tmp_path / "worker.log", 2)
    try:
        wait_until(lambda: "Cannot connect" in worker.log.read_text(), worker.log.read_text)
        for child in psutil.Process(worker.process.pid).children():
            child.kill()
        network.redis.mend()
        with Client(stack.settings) as client:
            job = client.submit([demo_photos / "hopper.jpg", demo_photos / "collins.jpg"])
            wait_until(lambda: not job.status().pending, worker.log.read_text)
            assert job.status().classified == 2
        assert worker.process.poll() is None
    finally:
        worker.stop()
    assert worker.process.returncode == 0


def test_a_worker_that_cannot_work_ends_with_an_error(settings: Settings, tmp_path: Path) -> None:
    broken = settings.model_copy(update={"model": str(tmp_path)})
    worker = Worker(broken, tmp_path / "worker.log", 1)
    try:
        assert worker.process.wait(60) == 1
        assert "no model" in worker.log.read_text()
    finally:
        worker.stop()

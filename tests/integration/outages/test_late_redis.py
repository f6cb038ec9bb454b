"""Workers that start before Redis."""

from __future__ import annotations

import json
from pathlib import Path

import psutil
import pytest
from pydantic import SecretStr

from glasses.client import Client
from glasses.config.settings import Settings
from tests.support.proxy import Network
from tests.support.stack import Stack
from tests.support.wait import wait_until
from tests.support.workers import Worker


def test_a_worker_survives_a_pool_process_that_dies_before_redis_is_reachable(
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


def test_a_worker_that_cannot_start_exits_with_an_error(settings: Settings, tmp_path: Path) -> None:
    broken = settings.model_copy(update={"model": str(tmp_path)})
    worker = Worker(broken, tmp_path / "worker.log", 1)
    try:
        assert worker.process.wait(60) == 2
        assert "not found: use one of" in worker.log.read_text()
    finally:
        worker.stop()


@pytest.mark.parametrize(
    ("user", "words"), [("", "requires a password"), (":hunter2@", "rejects the password: ")]
)
def test_a_worker_that_redis_rejects_exits_with_one_line(
    user: str, words: str, settings: Settings, client: Client, tmp_path: Path
) -> None:
    port = client.redis.connection_pool.connection_kwargs["port"]
    url = SecretStr(f"redis://{user}127.0.0.1:{port}/0")
    wrong = settings.model_copy(update={"redis_url": url})
    worker = Worker(wrong, tmp_path / "worker.log", 1)
    try:
        assert worker.process.wait(30) == 3
    finally:
        worker.stop()
    (logged,) = worker.log.read_text().splitlines()
    line = json.loads(logged)["message"]
    assert line.startswith(f"glasses worker: Redis at redis://127.0.0.1:{port}/0 {words}")
    assert "redis_url" in line
    assert "hunter2" not in line

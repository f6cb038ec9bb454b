"""Clients and workers on the run's servers, and the check that nothing is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from glasses.client import Client
from glasses.object_store import IMAGES, JOBS
from glasses.settings import ENV_PREFIX, Settings, load_settings
from glasses.workers import live_workers

CELERYS_OWN = ("_kombu.", "unacked", "glasses\x06\x16")


@pytest.fixture
def settings(endpoints: dict[str, str]) -> Iterator[Settings]:
    """Settings with a bucket of the test's own; Redis is emptied before and checked after."""
    found = load_settings(**endpoints | {"s3_bucket": f"test-{uuid.uuid4().hex[:12]}"})
    with Client(found) as client:
        client.redis.flushdb()
        client.store.ensure_bucket(found.retention_days)
        yield found
        _nothing_left_behind(client)
        client.store.delete(client.store.keys(""))


@pytest.fixture
def client(settings: Settings) -> Iterator[Client]:
    with Client(settings) as found:
        yield found


def _nothing_left_behind(client: Client) -> None:
    redis: Any = client.redis
    ours = [
        key for key in redis.scan_iter() if not key.startswith(CELERYS_OWN) and key != "glasses"
    ]
    assert [key for key in ours if redis.ttl(key) < 0] == [], "keys without TTL"
    jobs = {status.job_id for status in client.jobs()}
    stray = [
        key
        for key in client.store.keys("")
        if not key.startswith(IMAGES) and key.removeprefix(JOBS).split("/")[0] not in jobs
    ]
    assert stray == [], "objects that belong to no job"


class Worker:
    """A real worker, as `python -m worker` starts it."""

    def __init__(self, settings: Settings, log: Path, processes: int) -> None:
        self.log = log
        self._out = log.open("wb")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "worker", "--processes", str(processes)],
            env=os.environ | environment(settings),
            stdout=self._out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def kill(self) -> None:
        """`kill -9` of parent and children at once, as when the host goes."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(10)

    def stop(self) -> None:
        """Ask it to finish what it is doing."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.kill()
        self._out.close()


def environment(settings: Settings) -> dict[str, str]:
    """The settings as another process finds them."""
    values = {}
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if value is not None:
            secret = hasattr(value, "get_secret_value")
            values[ENV_PREFIX + name.upper()] = str(value.get_secret_value() if secret else value)
    return values


@pytest.fixture
def start_worker(
    settings: Settings, client: Client, tmp_path: Path
) -> Iterator[Callable[..., Worker]]:
    """Start workers that end with the test."""
    started: list[Worker] = []

    def start(processes: int = 1, **changes: Any) -> Worker:
        known = {worker.worker_id for worker in live_workers(client.redis)}
        changed = settings.model_copy(update=changes)
        worker = Worker(changed, tmp_path / f"worker-{len(started)}.log", processes)
        started.append(worker)
        deadline = time.monotonic() + 30
        while not {w.worker_id for w in live_workers(client.redis)} - known:
            assert worker.process.poll() is None, worker.log.read_text()
            assert time.monotonic() < deadline, worker.log.read_text()
            time.sleep(0.05)
        return worker

    yield start
    for worker in started:
        worker.stop()

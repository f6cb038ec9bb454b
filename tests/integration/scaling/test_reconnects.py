"""Workers whose connection to Redis is cut again and again while their processes are busy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from glasses.client import Client
from glasses.ledger.queue_stats import collect_queue_stats
from tests.support.gate import Gate, marked
from tests.support.wait import wait_until
from tests.support.workers import Worker

StartWorker = Callable[..., Worker]
INTERRUPTIONS = 10
PROCESSES = 3
LOST = "Connection to broker lost"


@pytest.fixture
def gate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Gate:
    found = Gate(tmp_path / "gate")
    for name, value in found.environment.items():
        monkeypatch.setenv(name, value)
    found.close()
    return found


def polling(client: Client) -> set[str]:
    """Return the ids of the connections on which a worker waits for messages."""
    redis: Any = client.redis
    return {each["id"] for each in redis.client_list() if each["cmd"] == "brpop"}


def interrupt(client: Client, worker: Worker) -> None:
    """Cut the worker's connection until it notices, and wait until it polls on a new one."""
    redis: Any = client.redis
    before = worker.log.read_text().count(LOST)

    def is_lost() -> bool:
        if polling(client):
            redis.client_kill_filter(_type="normal", skipme=True)
        return worker.log.read_text().count(LOST) > before

    wait_until(is_lost, worker.log.read_text)
    wait_until(lambda: polling(client), worker.log.read_text)


def test_every_process_works_after_many_interruptions(
    gate: Gate, client: Client, start_worker: StartWorker, demo_photos: Path, tmp_path: Path
) -> None:
    worker = start_worker(PROCESSES)
    folder = marked(tmp_path / "in", demo_photos / "hopper.jpg", PROCESSES, "x")
    files = sorted(folder.iterdir())

    def running() -> int:
        return collect_queue_stats(client.redis).running

    jobs = [client.submit([files[0]])]
    wait_until(lambda: running() == 1)
    for _ in range(INTERRUPTIONS):
        interrupt(client, worker)
    for number in range(1, PROCESSES):
        jobs.append(client.submit([files[number]]))
        wait_until(lambda: running() == len(jobs), worker.log.read_text, 10)
    gate.open()
    for job in jobs:
        assert job.wait(30).no_face == 1

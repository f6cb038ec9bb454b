"""In JSON mode, every line that a worker writes is a JSON object, whatever writes it."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from glasses.client import Client
from glasses.config.logs import LogFormat
from glasses.config.settings import Settings
from tests.support.photos import photos
from tests.support.wait import wait_until
from tests.support.workers import Worker


def lines(worker: Worker) -> list[dict[str, Any]]:
    """Parse stdout and stderr, both of which the log has."""
    return [json.loads(line) for line in worker.log.read_text().splitlines()]


def test_every_line_of_a_worker_is_json_from_its_start_to_its_end(
    client: Client, start_worker: Callable[..., Worker], demo_photos: Path, tmp_path: Path
) -> None:
    worker = start_worker(1, poisonable=True, log_format=LogFormat.JSON)
    folder = photos(tmp_path / "in", demo_photos / "hopper.jpg", 2)
    (folder / "notes.txt").write_text("no photo")
    assert client.submit([folder]).wait(60).classified == 2
    os.kill(worker.process.pid, signal.SIGUSR1)  # Celery prints the stack of each thread
    wait_until(lambda: "MainThread" in worker.log.read_text())
    worker.process.terminate()
    assert worker.process.wait(30) == 0
    written = lines(worker)
    messages = [line["message"] for line in written]
    assert "worker: Warm shutdown (MainProcess)" in messages
    assert all({"time", "level", "logger", "process"} <= line.keys() for line in written)


def test_a_worker_that_cannot_start_says_why_in_json(settings: Settings, tmp_path: Path) -> None:
    changes = {"GLASSES_LOG_FORMAT": "json", "GLASSES_REDSI_URL": "x"}
    for number, (name, value, says) in enumerate(
        [
            ("GLASSES_MODEL", str(tmp_path), "glasses worker: "),
            ("GLASSES_LEASE_SECONDS", "soon", "glasses worker: invalid settings: "),
        ]
    ):
        worker = Worker(
            settings, tmp_path / f"{number}.log", 1, environment_=changes | {name: value}
        )
        try:
            assert worker.process.wait(60) in {1, 2}
        finally:
            worker.stop()
        told = lines(worker)
        assert says in told[-1]["message"]
        assert told[-1]["level"] == "error"
        assert name == "GLASSES_LEASE_SECONDS" or (
            "GLASSES_REDSI_URL: unknown, did you mean GLASSES_REDIS_URL?"
            in [line["message"] for line in told]
        )

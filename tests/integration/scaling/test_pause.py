"""`glasses pause` and `glasses resume` with real workers."""

from __future__ import annotations

import json
from pathlib import Path

from glasses.client import Client
from glasses.config.settings import Settings
from glasses.ledger.queue import depth
from glasses.ledger.queue_stats import collect_queue_stats
from tests.support.commands import glasses, glasses_output
from tests.support.gate import Gate, marked
from tests.support.wait import wait_until
from tests.support.workers import Worker

PHOTOS = 12
PROCESSES = 2


def test_a_paused_job_finishes_what_runs_and_continues_when_it_is_resumed(
    settings: Settings, client: Client, demo_photos: Path, tmp_path: Path
) -> None:
    settings = settings.model_copy(update={"chunk_size": 1})
    gate = Gate(tmp_path / "gate")
    gate.close()
    workers = [Worker(settings, tmp_path / "1.log", PROCESSES, environment_=gate.environment)]
    try:
        with Client(settings) as submitter:
            job = submitter.submit([marked(tmp_path / "in", demo_photos / "cat.jpg", PHOTOS, "x")])
        wait_until(lambda: collect_queue_stats(client.redis).running == PROCESSES)
        paused = glasses("pause", job.id, "--json", settings=settings)
        assert paused.returncode == 0, paused.stderr
        assert json.loads(paused.stdout)["state"] == "paused"
        assert f"`glasses resume {job.id}` continues it. It expires on" in paused.stderr
        gate.open()
        # The other job is behind: when it is done, workers have seen every chunk of the paused one.
        other = client.submit([marked(tmp_path / "other", demo_photos / "hopper.jpg", 1, "y")])
        assert other.wait(60).no_face == 1
        wait_until(lambda: job.status().no_face == PROCESSES and depth(client.redis) == 0)
        workers[0].kill()
        workers.append(Worker(settings, tmp_path / "2.log", 1, environment_=gate.environment))
        watched = glasses("watch", job.id, "--timeout", "4", settings=settings)
        assert watched.returncode == 4
        assert "is waiting: it has been paused since" in watched.stderr
        assert " paused " in glasses_output("jobs", settings=settings)
        shown = glasses_output("status", job.id, settings=settings)
        assert "state      paused" in shown
        assert f"{PHOTOS - PROCESSES} pending (paused)" in shown
        assert job.status().no_face == PROCESSES
        glasses_output("resume", job.id, settings=settings)
        assert job.wait(60).no_face == PHOTOS
        assert gate.seen.count("x") == PHOTOS, "no photo ran twice"
    finally:
        for worker in workers:
            worker.discard()

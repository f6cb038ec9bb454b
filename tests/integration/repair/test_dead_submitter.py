"""A submitter that is killed: its job ends at what it had sent, and nothing is paid twice."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from glasses import keys
from glasses.client import Client
from glasses.ledger import Ledger
from glasses.queue import PRIORITY_BULK
from glasses.schemas import ChunkMessage
from glasses.settings import Settings
from glasses.statuses import JobState
from glasses.submission import Progress
from infra.local.workers import environment
from tests.integration.path.test_whole_path import run
from tests.support.photos import photos
from tests.support.workers import Worker

StartWorker = Callable[..., Worker]
PHOTOS = 2000


@pytest.fixture
def killed(settings: Settings, demo_photos: Path, tmp_path: Path) -> str:
    """A job whose submitter was killed in the middle."""
    folder = photos(tmp_path / "in", demo_photos / "collins.jpg", PHOTOS)
    submitter = subprocess.Popen(
        [sys.executable, "-m", "producer", "submit", str(folder), "--detach"],
        env=os.environ | environment(settings),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert submitter.stdout is not None
    job_id = submitter.stdout.readline().strip()
    with Client(settings) as client:
        deadline = time.monotonic() + 30
        while client.job(job_id).status().submitted < 300:
            assert time.monotonic() < deadline
            time.sleep(0.02)
    submitter.kill()
    submitter.wait()
    submitter.stdout.close()
    return job_id


def test_its_job_ends_and_the_same_submit_sends_only_the_rest(
    killed: str, settings: Settings, client: Client, start_worker: StartWorker, tmp_path: Path
) -> None:
    half = client.job(killed).status()
    assert half.state is JobState.SUBMITTING
    assert 300 <= half.submitted < PHOTOS
    client.redis.expire(keys.submitter(killed), 1)  # not to wait for the rest of its life
    start_worker(2)
    seen: list[Progress] = []
    again = client.submit([tmp_path / "in"], on_progress=seen.append)
    assert client.job(killed).wait(120).complete is False
    assert "run the same `glasses submit` again" in run(settings, "status", killed)
    assert again.wait(120).classified == PHOTOS
    assert seen[-1].uploaded <= PHOTOS - half.submitted
    assert seen[-1].present + seen[-1].known >= half.submitted


def test_a_submitter_that_was_taken_for_dead_goes_on(client: Client, demo_photos: Path) -> None:
    job = client.submit([demo_photos])
    ledger = Ledger(client.redis)
    ledger.seal(job.id, 23)
    spec = ledger.spec(job.id)
    assert spec is not None
    ledger.open(spec, ChunkMessage(job_id=job.id, start=256, count=1), PRIORITY_BULK)
    status = job.status()
    assert (status.state, status.submitted) == (JobState.SUBMITTING, 24)

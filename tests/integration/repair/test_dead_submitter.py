"""The job of a killed submitter ends at the photos that it had queued."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from glasses.client import Client
from glasses.config.settings import Settings
from glasses.jobs.submission import SubmissionProgress
from glasses.ledger import Ledger, keys
from glasses.ledger.queue import PRIORITY_BULK
from glasses.protocol.schemas import ChunkMessage, JobSpec, SubmissionEnd
from glasses.protocol.statuses import JobState
from tests.support.commands import glasses_output, start_glasses
from tests.support.photos import photos
from tests.support.wait import wait_until
from tests.support.workers import Worker

StartWorker = Callable[..., Worker]
PHOTOS = 800


@pytest.fixture
def killed(settings: Settings, demo_photos: Path, tmp_path: Path) -> str:
    """Return a job whose submitter was killed while it uploaded."""
    folder = photos(tmp_path / "in", demo_photos / "collins.jpg", PHOTOS)
    submitter = start_glasses("submit", folder, "--detach", settings=settings, stderr=None)
    assert submitter.stdout is not None
    job_id = submitter.stdout.readline().strip()
    with Client(settings) as client:
        wait_until(lambda: client.job(job_id).status().submitted >= 100)
    submitter.kill()
    submitter.wait()
    submitter.stdout.close()
    return job_id


def test_its_job_ends_and_the_same_submit_uploads_only_the_rest(
    killed: str, settings: Settings, client: Client, start_worker: StartWorker, tmp_path: Path
) -> None:
    half = client.job(killed).status()
    assert half.state is JobState.SUBMITTING
    assert 100 <= half.submitted < PHOTOS
    client.redis.delete(keys.submitter(killed))  # not to wait for the rest of its life
    found = client.job(killed).status()  # no worker notices its end, so the command does
    assert (found.state, found.complete) == (JobState.RUNNING, False)
    start_worker(2)
    seen: list[SubmissionProgress] = []
    again = client.submit([tmp_path / "in"], on_progress=seen.append)
    assert client.job(killed).wait(120).state is JobState.INCOMPLETE
    shown = glasses_output("status", killed, code=5, settings=settings)
    assert "Run the same `glasses submit` again" in shown
    assert again.wait(120).classified == PHOTOS
    assert seen[-1].uploaded <= PHOTOS - half.submitted
    assert seen[-1].present + seen[-1].known >= half.submitted


def test_a_submitter_that_was_presumed_dead_continues(client: Client) -> None:
    ledger = Ledger(client.redis)
    spec = JobSpec(
        job_id="abcdefgh", name="slept", created=time.time(), chunk_size=4, retention_seconds=600
    )
    ledger.create(spec, None, None)
    ledger.enqueue(ChunkMessage(job_id=spec.job_id, start=0, count=1), PRIORITY_BULK)
    client.redis.delete(keys.submitter(spec.job_id))
    ledger.seal_abandoned(spec.job_id)
    assert ledger.status(spec.job_id).complete is False
    ledger.enqueue(ChunkMessage(job_id=spec.job_id, start=1, count=1), PRIORITY_BULK)
    status = ledger.status(spec.job_id)
    assert (status.state, status.submitted, status.complete) == (JobState.SUBMITTING, 2, True)
    assert ledger.seal(spec.job_id, SubmissionEnd(photos=2)) == 0
    assert ledger.status(spec.job_id).state is JobState.RUNNING

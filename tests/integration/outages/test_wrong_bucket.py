"""A worker that cannot find a job's manifest fails no photo: its bucket is wrong or was emptied."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from glasses.client import Client
from glasses.config.settings import Settings
from tests.support.buckets import other_bucket
from tests.support.photos import photos
from tests.support.wait import wait_until
from tests.support.workers import Worker

StartWorker = Callable[..., Worker]
PHOTOS = 20


@pytest.mark.parametrize("exists", [True, False])
def test_a_worker_with_a_wrong_bucket_leaves_the_photos_to_others(
    exists: bool,
    settings: Settings,
    client: Client,
    start_worker: StartWorker,
    demo_photos: Path,
    tmp_path: Path,
) -> None:
    with other_bucket(settings) as other:
        wrong = start_worker(1, s3_bucket=other.name if exists else "nowhere-at-all")
        job = client.submit([photos(tmp_path / "in", demo_photos / "hopper.jpg", PHOTOS)])
        wait_until(
            lambda: job.stall_reason(job.status()) or job.status().failed, wrong.log.read_text
        )
        assert job.status().failed == 0
        assert "bucket" in str(job.stall_reason(job.status()))
        wait_until(lambda: any(worker.trouble for worker in client.workers()[0]))
        start_worker(1)
        status = job.wait(60)
        assert (status.classified, status.failed) == (PHOTOS, 0)


def test_a_job_whose_bucket_was_emptied_reports_it_and_delays_no_other_job(
    settings: Settings,
    client: Client,
    start_worker: StartWorker,
    demo_photos: Path,
    tmp_path: Path,
) -> None:
    lost = client.submit([photos(tmp_path / "in", demo_photos / "hopper.jpg", PHOTOS)])
    client.store.delete(client.store.keys(""))
    worker = start_worker(1)
    wait_until(
        lambda: lost.stall_reason(lost.status()) or lost.status().failed, worker.log.read_text
    )
    assert (lost.status().pending, lost.status().failed) == (PHOTOS, 0)
    reason = str(lost.stall_reason(lost.status()))
    assert f"the manifest of job {lost.id} is missing" in reason
    assert settings.s3_bucket in reason

    other = client.submit([photos(tmp_path / "other", demo_photos / "collins.jpg", 40)])
    assert other.wait(60).classified == 40
    lost.cancel()
    client.store.delete(client.store.keys(""))

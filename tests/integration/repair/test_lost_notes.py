"""Redis' record of stored photos is a hint that is checked against the object store."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from glasses.client import Client
from glasses.config.settings import Settings
from glasses.jobs.submission import SubmissionProgress
from glasses.ledger import keys
from glasses.storage.object_store import IMAGES, PACKS
from tests.support.commands import glasses_output
from tests.support.leftovers import stored_keys
from tests.support.photos import photos
from tests.support.workers import Worker

StartWorker = Callable[..., Worker]
COUNT = 40


@pytest.fixture
def folder(demo_photos: Path, tmp_path: Path) -> Path:
    return photos(tmp_path / "in", demo_photos / "hopper.jpg", COUNT)


def notes(client: Client) -> dict[str, str]:
    redis: Any = client.redis
    found = {key: redis.hget(key, keys.UPLOADED) for key in redis.scan_iter(keys.photo("*"))}
    return {key: text for key, text in found.items() if text}


def test_photos_missing_from_the_object_store_are_uploaded_again(
    client: Client, start_worker: StartWorker, folder: Path
) -> None:
    client.submit([folder])
    client.store.delete([*client.store.keys(PACKS), *client.store.keys(IMAGES)])
    before = notes(client)
    assert len(before) == COUNT
    seen: list[SubmissionProgress] = []
    job = client.submit([folder], on_progress=seen.append)
    assert (seen[-1].uploaded, seen[-1].present) == (COUNT, 0)
    start_worker()
    assert job.wait(60).with_glasses == COUNT


def test_records_that_return_after_a_removal_do_no_harm(
    client: Client, start_worker: StartWorker, folder: Path
) -> None:
    job = client.submit([folder])
    before = notes(client)
    job.remove()
    assert notes(client) == {}
    redis: Any = client.redis
    for key, text in before.items():  # as a promoted replica brings them back
        redis.hset(key, keys.UPLOADED, text)
        redis.expire(key, 600)
    again = client.submit([folder])
    start_worker()
    assert again.wait(60).with_glasses == COUNT


def test_a_removal_after_redis_lost_everything_keeps_the_photos_of_other_jobs(
    settings: Settings, client: Client, start_worker: StartWorker, folder: Path
) -> None:
    jobs = [
        glasses_output("submit", str(folder), "--detach", settings=settings).strip() for _ in "AB"
    ]
    client.redis.flushdb()
    glasses_output("reconcile", jobs[0], settings=settings)
    glasses_output("rm", jobs[0], settings=settings)
    glasses_output("reconcile", jobs[1], settings=settings)
    start_worker()
    assert client.job(jobs[1]).wait(60).with_glasses == COUNT


def test_a_job_known_only_to_the_object_store_is_removed(
    settings: Settings, client: Client, folder: Path
) -> None:
    job = glasses_output(
        "submit", str(folder), "--detach", "--name", "holiday", settings=settings
    ).strip()
    client.redis.flushdb()
    assert f"job {job} removed, with {COUNT} photos" in glasses_output(
        "rm", "holiday", settings=settings
    )
    assert stored_keys(client) == []
    glasses_output("rm", job, code=2, settings=settings)

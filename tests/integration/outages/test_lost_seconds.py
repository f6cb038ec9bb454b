"""Redis restarts without its last writes, or empty: every photo still has one row."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from glasses.client import Client, Job
from glasses.config.settings import Settings
from glasses.ledger import keys
from glasses.storage.manifest import ManifestStore
from tests.support.commands import glasses
from tests.support.photos import photos
from tests.support.power_cut import AppendOnlyFile
from tests.support.stack import VALKEY, Stack
from tests.support.wait import wait_until
from tests.support.workers import Worker

StartWorker = Callable[..., Worker]
PHOTOS = 150


def submitted(client: Client, demo_photos: Path, folder: Path) -> Job:
    return client.submit([photos(folder, demo_photos / "hopper.jpg", PHOTOS)], name="holiday")


def all_is_well(settings: Settings, job_id: str) -> None:
    """Check the job as a user sees it."""
    watched = glasses("watch", job_id, "--timeout", "50", settings=settings)
    assert watched.returncode == 0, watched.stderr
    assert f"{PHOTOS} submitted = {PHOTOS} classified" in watched.stdout
    status = json.loads(glasses("status", job_id, "--json", settings=settings).stdout)
    assert (status["state"], status["complete"], status["pending"]) == ("done", True, 0)
    rows = glasses("results", job_id, "--format", "jsonl", settings=settings).stdout.splitlines()
    assert sorted(json.loads(row)["image"] for row in rows) == [
        f"{number:04d}.jpg" for number in range(PHOTOS)
    ]


def back_without(stack: Stack, log: AppendOnlyFile, length: int) -> None:
    """Cut Valkey's power and restart it with a truncated log."""
    stack.kill(VALKEY)
    log.cut(length)
    stack.start(VALKEY)


def test_lost_results_are_made_again(
    settings: Settings,
    stack: Stack,
    client: Client,
    start_worker: StartWorker,
    demo_photos: Path,
    tmp_path: Path,
) -> None:
    log = AppendOnlyFile(client.redis)
    job = submitted(client, demo_photos, tmp_path / "in")
    start_worker(1)
    wait_until(lambda: job.status().classified > PHOTOS // 4)
    length = log.length
    wait_until(lambda: job.status().classified > PHOTOS // 2)
    back_without(stack, log, length)
    all_is_well(settings, job.id)


@pytest.mark.parametrize("at", ["create", "first photos", "seal"])
def test_chunks_lost_after_their_submitter_exited_are_queued_again(
    at: str,
    settings: Settings,
    stack: Stack,
    client: Client,
    start_worker: StartWorker,
    demo_photos: Path,
    tmp_path: Path,
) -> None:
    log = AppendOnlyFile(client.redis)
    lengths: dict[str, int] = {}

    def note(when: str) -> None:
        lengths.setdefault(when, log.length)

    job = client.submit(
        [photos(tmp_path / "in", demo_photos / "hopper.jpg", PHOTOS)],
        on_created=lambda _job: note("create"),
        on_progress=lambda _progress: (note("first photos"), lengths.update(seal=log.length))[0],
    )
    start_worker(1)
    wait_until(lambda: job.status().classified)
    back_without(stack, log, lengths[at] - (1 if at == "create" else 0))
    redis: Any = client.redis
    redis.delete(keys.submitter(job.id))  # not to wait for the rest of its life
    all_is_well(settings, job.id)


def test_a_job_survives_the_loss_of_all_redis_data(
    settings: Settings,
    client: Client,
    start_worker: StartWorker,
    demo_photos: Path,
    tmp_path: Path,
) -> None:
    job = submitted(client, demo_photos, tmp_path / "in")
    worker = start_worker(1)
    wait_until(lambda: job.status().classified)
    client.redis.flushall()
    redis: Any = client.redis
    # Nobody asks for it: workers notice by themselves.
    wait_until(lambda: redis.hlen(keys.outcomes(job.id)) == PHOTOS, worker.log.read_text)
    all_is_well(settings, job.id)


def test_a_submission_survives_the_loss_of_all_redis_data(
    settings: Settings,
    client: Client,
    start_worker: StartWorker,
    demo_photos: Path,
    tmp_path: Path,
) -> None:
    start_worker(1)
    redis: Any = client.redis
    lost: list[bool] = []

    def lose(progress: Any) -> None:
        if progress.uploaded > PHOTOS // 3 and not lost:
            lost.append(redis.flushall())

    folder = photos(tmp_path / "in", demo_photos / "hopper.jpg", PHOTOS)
    job = client.submit([folder], on_progress=lose)
    assert lost
    all_is_well(settings, job.id)


def test_a_cancelled_job_does_not_run_again(
    client: Client, start_worker: StartWorker, demo_photos: Path, tmp_path: Path
) -> None:
    job = submitted(client, demo_photos, tmp_path / "in")
    assert job.cancel().cancelled == PHOTOS
    client.redis.flushall()
    start_worker(1)
    redis: Any = client.redis
    wait_until(lambda: redis.get(keys.AUDITED))
    assert (job.status().state, job.status().classified) == ("cancelled", 0)


def test_a_removed_job_does_not_come_back(
    client: Client, start_worker: StartWorker, demo_photos: Path
) -> None:
    job = client.submit([demo_photos / "hopper.jpg"])
    job.remove()
    client.redis.flushall()
    start_worker(1)
    redis: Any = client.redis
    wait_until(lambda: redis.get(keys.AUDITED))
    assert client.jobs() == []
    assert ManifestStore(client.store).end(job.id) is None


def test_followed_rows_appear_once_even_when_redis_is_rebuilt(
    client: Client, start_worker: StartWorker, demo_photos: Path, tmp_path: Path
) -> None:
    job = submitted(client, demo_photos, tmp_path / "in")
    start_worker(1)
    names: list[str] = []
    deadline = time.monotonic() + 60
    for batch in job.follow():
        assert time.monotonic() < deadline
        before, names = len(names), names + [verdict.image for verdict in batch]
        if before <= PHOTOS // 3 < len(names):
            client.redis.flushall()
    assert sorted(names) == [f"{number:04d}.jpg" for number in range(PHOTOS)]

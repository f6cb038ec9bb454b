"""Servers fail and return while a job runs; it ends with the same results."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from glasses.client import Client, Job
from glasses.config import retry
from glasses.config.settings import Settings
from tests.support.commands import start_glasses
from tests.support.photos import photos
from tests.support.proxy import Network
from tests.support.stack import S3, VALKEY, Stack
from tests.support.stored_photos import corrupt_stored
from tests.support.wait import wait_until
from tests.support.workers import Worker

StartWorker = Callable[..., Worker]
PHOTOS = 200


@pytest.fixture
def job(client: Client, start_worker: StartWorker, demo_photos: Path, tmp_path: Path) -> Job:
    """Return a job that is partly classified."""
    start_worker(1)
    found = client.submit([photos(tmp_path / "in", demo_photos / "hopper.jpg", PHOTOS)])
    wait_until(lambda: found.status().classified)
    assert found.status().pending
    return found


def everything_is_classified(job: Job) -> None:
    status = job.wait(90)
    assert (status.submitted, status.classified) == (PHOTOS, PHOTOS), status


@pytest.mark.parametrize("name", [VALKEY, S3])
def test_a_job_survives_a_killed_server(name: str, stack: Stack, job: Job) -> None:
    stack.kill(name)
    time.sleep(4)
    stack.start(name)
    everything_is_classified(job)


@pytest.mark.parametrize("way", ["cut", "hold"])
def test_a_job_survives_a_network_outage(way: str, network: Network, job: Job) -> None:
    for server in (network.redis, network.s3):
        getattr(server, way)()
    time.sleep(4)
    network.redis.mend()
    network.s3.mend()
    everything_is_classified(job)


def test_a_slow_object_store_fails_no_photo(network: Network, job: Job) -> None:
    network.s3.delay = 0.1
    everything_is_classified(job)


def test_a_job_survives_redis_out_of_memory(stack: Stack, job: Job) -> None:
    with Client(stack.settings) as direct:
        redis: Any = direct.redis
        redis.config_set("maxmemory", "1mb")
        time.sleep(4)
        redis.config_set("maxmemory", "0")
    everything_is_classified(job)


def test_watch_survives_an_outage_of_30_seconds_and_reports_what_it_waits_for(
    settings: Settings,
    network: Network,
    client: Client,
    start_worker: StartWorker,
    demo_photos: Path,
    tmp_path: Path,
) -> None:
    job = client.submit([photos(tmp_path / "in", demo_photos / "hopper.jpg", PHOTOS)])
    before = network.redis.answers
    watch = start_glasses("watch", job.id, settings=settings)
    wait_until(lambda: network.redis.answers >= before + 4)  # it has surely reached Redis
    assert watch.poll() is None
    network.redis.cut()
    time.sleep(30)
    network.redis.mend()
    start_worker(1)  # not before: the job must outlast the outage
    out, err = watch.communicate(timeout=90)
    assert watch.returncode == 0, err
    assert f"{PHOTOS} submitted = {PHOTOS} classified" in out
    assert "does not answer" in err
    assert "retrying for 60 s" in err


def test_redis_out_of_memory_is_reported_with_a_remedy(
    settings: Settings, stack: Stack, demo_photos: Path
) -> None:
    with Client(stack.settings) as direct:
        redis: Any = direct.redis
        redis.config_set("maxmemory", "1mb")
        try:
            submit = start_glasses("submit", str(demo_photos), settings=settings)
            _, err = submit.communicate(timeout=60)
        finally:
            redis.config_set("maxmemory", "0")
    assert submit.returncode == 3
    assert "out of memory" in err
    assert "Traceback" not in err


def test_submit_gives_up_on_an_unavailable_object_store_with_a_remedy(
    settings: Settings, network: Network, demo_photos: Path
) -> None:
    network.s3.cut()
    impatient = settings.model_copy(update={"s3_retry_seconds": 8.0})
    submit = start_glasses("submit", str(demo_photos), settings=impatient)
    _, err = submit.communicate(timeout=90)
    assert submit.returncode == 3
    assert "object store" in err
    assert "is not responding, retrying" in err
    assert "is unavailable" in err
    assert "Traceback" not in err


def test_commands_give_up_soon_on_a_redis_that_never_answered(
    settings: Settings, network: Network
) -> None:
    network.redis.cut()
    started = time.monotonic()
    jobs = start_glasses("jobs", settings=settings)
    _, err = jobs.communicate(timeout=60)
    assert jobs.returncode == 3
    assert time.monotonic() - started < 4 * retry.FIRST_CONTACT_SECONDS
    assert "Traceback" not in err


def test_a_photo_whose_bytes_changed_in_the_store_fails_as_changed(
    client: Client, start_worker: StartWorker, demo_photos: Path
) -> None:
    job = client.submit([demo_photos / "hopper.jpg", demo_photos / "collins.jpg"])
    sha256 = hashlib.sha256((demo_photos / "hopper.jpg").read_bytes()).hexdigest()
    corrupt_stored(client, sha256)
    start_worker(1)
    status = job.wait(30)
    assert (status.classified, status.failed) == (1, 1)
    assert {v.image: v.reason for v in job.verdicts()}["hopper.jpg"] == "changed"


def test_a_submission_survives_a_redis_crash_and_loses_nothing(
    settings: Settings, stack: Stack, client: Client, demo_photos: Path, tmp_path: Path
) -> None:
    folder = photos(tmp_path / "in", demo_photos / "hopper.jpg", 1500)
    submit = start_glasses("submit", folder, "--detach", settings=settings)
    assert submit.stdout is not None
    job = client.job(submit.stdout.readline().strip())
    wait_until(lambda: job.status().submitted >= 200)
    stack.kill(VALKEY)
    time.sleep(1)
    stack.start(VALKEY)
    _, err = submit.communicate(timeout=120)
    assert submit.returncode == 0, err
    status = job.status()
    assert (status.submitted, status.complete) == (1500, True)

"""Servers go away while a job runs, and come back: it ends as if nothing had been."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from glasses import patience
from glasses.client import Client, Job
from glasses.settings import Settings
from infra.local.workers import environment
from tests.integration.outages.conftest import Network
from tests.support.photos import photos
from tests.support.stack import S3, VALKEY, Stack
from tests.support.stored import spoil
from tests.support.workers import Worker

StartWorker = Callable[..., Worker]
PHOTOS = 200


@pytest.fixture
def job(client: Client, start_worker: StartWorker, demo_photos: Path, tmp_path: Path) -> Job:
    """A job in the middle of its work."""
    start_worker(1)
    found = client.submit([photos(tmp_path / "in", demo_photos / "hopper.jpg", PHOTOS)])
    deadline = time.monotonic() + 30
    while not found.status().classified:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert found.status().pending
    return found


def all_is_well(job: Job) -> None:
    status = job.wait(90)
    assert (status.submitted, status.classified) == (PHOTOS, PHOTOS), status


def glasses(settings: Settings, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "producer", *arguments],
        env=os.environ | environment(settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("name", [VALKEY, S3])
def test_a_server_is_killed_and_comes_back(name: str, stack: Stack, job: Job) -> None:
    stack.kill(name)
    time.sleep(4)
    stack.start(name)
    all_is_well(job)


@pytest.mark.parametrize("way", ["cut", "hold"])
def test_the_network_is_away_for_a_while(way: str, network: Network, job: Job) -> None:
    for server in (network.redis, network.s3):
        getattr(server, way)()
    time.sleep(4)
    network.redis.mend()
    network.s3.mend()
    all_is_well(job)


def test_a_slow_object_store_is_only_slow(network: Network, job: Job) -> None:
    network.s3.delay = 0.1
    all_is_well(job)


def test_redis_without_memory_for_a_while(stack: Stack, job: Job) -> None:
    with Client(stack.settings) as direct:
        redis: Any = direct.redis
        redis.config_set("maxmemory", "1mb")
        time.sleep(4)
        redis.config_set("maxmemory", "0")
    all_is_well(job)


def test_who_follows_survives_half_a_minute_and_says_what_it_waits_for(
    settings: Settings,
    network: Network,
    client: Client,
    start_worker: StartWorker,
    demo_photos: Path,
    tmp_path: Path,
) -> None:
    job = client.submit([photos(tmp_path / "in", demo_photos / "hopper.jpg", PHOTOS)])
    before = network.redis.answers
    watch = glasses(settings, "watch", job.id)
    while network.redis.answers < before + 4:  # it has surely reached Redis
        assert watch.poll() is None
        time.sleep(0.02)
    network.redis.cut()
    time.sleep(30)
    network.redis.mend()
    start_worker(1)  # not before: the job must outlast the outage
    out, err = watch.communicate(timeout=90)
    assert watch.returncode == 0, err
    assert f"{PHOTOS} submitted = {PHOTOS} classified" in out
    assert "does not answer" in err
    assert "trying for 60 s" in err


def test_redis_out_of_memory_is_told_with_what_to_do(
    settings: Settings, stack: Stack, demo_photos: Path
) -> None:
    with Client(stack.settings) as direct:
        redis: Any = direct.redis
        redis.config_set("maxmemory", "1mb")
        try:
            submit = glasses(settings, "submit", str(demo_photos))
            _, err = submit.communicate(timeout=60)
        finally:
            redis.config_set("maxmemory", "0")
    assert submit.returncode == 3
    assert "out of memory" in err
    assert "Traceback" not in err


def test_an_object_store_that_stays_away_ends_a_submit_with_what_to_do(
    settings: Settings, network: Network, demo_photos: Path
) -> None:
    network.s3.cut()
    submit = glasses(settings, "submit", str(demo_photos))
    _, err = submit.communicate(timeout=90)
    assert submit.returncode == 3
    assert "object store" in err
    assert "takes its time" in err
    assert "does not serve" in err
    assert "Traceback" not in err


def test_redis_that_never_answered_is_given_up_soon(settings: Settings, network: Network) -> None:
    network.redis.cut()
    started = time.monotonic()
    jobs = glasses(settings, "jobs")
    _, err = jobs.communicate(timeout=60)
    assert jobs.returncode == 3
    assert time.monotonic() - started < 4 * patience.FIRST_CONTACT_SECONDS
    assert "Traceback" not in err


def test_a_photo_whose_bytes_changed_in_the_store_fails_by_name(
    client: Client, start_worker: StartWorker, demo_photos: Path
) -> None:
    job = client.submit([demo_photos / "hopper.jpg", demo_photos / "collins.jpg"])
    sha256 = hashlib.sha256((demo_photos / "hopper.jpg").read_bytes()).hexdigest()
    spoil(client, sha256)
    start_worker(1)
    status = job.wait(30)
    assert (status.classified, status.failed) == (1, 1)
    assert {v.image: v.reason for v in job.verdicts()}["hopper.jpg"] == "changed"


def test_a_submitter_survives_a_crash_of_redis_and_loses_nothing(
    settings: Settings, stack: Stack, client: Client, demo_photos: Path, tmp_path: Path
) -> None:
    submit = glasses(
        settings,
        "submit",
        str(photos(tmp_path / "in", demo_photos / "hopper.jpg", 1500)),
        "--detach",
    )
    assert submit.stdout is not None
    job = client.job(submit.stdout.readline().strip())
    while job.status().submitted < 200:
        time.sleep(0.02)
    stack.kill(VALKEY)
    time.sleep(1)
    stack.start(VALKEY)
    _, err = submit.communicate(timeout=120)
    assert submit.returncode == 0, err
    status = job.status()
    assert (status.submitted, status.complete) == (1500, True)

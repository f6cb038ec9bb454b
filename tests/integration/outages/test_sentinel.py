"""A primary that Sentinels watch dies in the middle of a job; its replica takes over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from glasses.client import Client
from glasses.config.settings import Settings
from glasses.ledger import keys
from tests.support.commands import glasses_output
from tests.support.photos import photos
from tests.support.sentinels import Sentinels, sentinels
from tests.support.stack import Stack
from tests.support.wait import wait_until
from tests.support.workers import Worker

PHOTOS = 120


@pytest.fixture
def redis_servers(tmp_path: Path) -> Iterator[Sentinels]:
    (tmp_path / "redis").mkdir()
    with sentinels(tmp_path / "redis") as found:
        yield found


@pytest.fixture
def settings(stack: Stack, redis_servers: Sentinels) -> Iterator[Settings]:
    url = SecretStr(redis_servers.url)
    found = stack.settings.model_copy(
        update={"redis_url": url, "chunk_size": 8, "lease_seconds": 2.0}
    )
    with Client(found) as client:
        yield found
        client.store.delete(client.store.keys(""))


def test_a_job_has_all_its_rows_after_a_failover(
    settings: Settings,
    redis_servers: Sentinels,
    demo_photos: Path,
    tmp_path: Path,
) -> None:
    first = photos(tmp_path / "first", demo_photos / "hopper.jpg", PHOTOS)
    unseen = photos(tmp_path / "unseen", demo_photos / "collins.jpg", 20)
    worker = Worker(settings, tmp_path / "worker.log", 2)
    try:
        with Client(settings) as client:
            job = client.submit([first])
            wait_until(lambda: job.status().classified, worker.log.read_text)
            redis_servers.silence_replica()
            late = client.submit([unseen])
            assert not redis_servers.server("replica").exists(keys.job(late.id))
            redis_servers.kill_primary()
            assert job.wait(90).classified == PHOTOS, worker.log.read_text()
            assert late.wait(90).classified == 20, "its replica never saw it: rebuilt"
            rows = [verdict.image for verdict in job.verdicts()]
            assert rows == sorted(rows)
            assert len(set(rows)) == PHOTOS
        assert "done" in glasses_output("jobs", settings=settings)
    finally:
        worker.discard()

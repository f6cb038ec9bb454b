"""A removal suspended for longer than its lock takes no photo from another job."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from glasses.client import Client
from glasses.config.settings import Settings
from glasses.ledger import keys
from tests.support.leftovers import stored_keys
from tests.support.photos import photos
from tests.support.stored_photos import stored
from tests.support.suspended_removal import suspended_removal
from tests.support.wait import wait_until
from tests.support.workers import Worker

SMALL, LARGE = 120, 10


@pytest.fixture
def folder(demo_photos: Path, tmp_path: Path) -> Path:
    """Return small photos, which share packs, and large ones, which do not."""
    found = photos(tmp_path / "in", demo_photos / "hopper.jpg", SMALL)
    photos(found / "large", demo_photos / "hopper.jpg", LARGE, "large" * 60_000)
    return found


@pytest.mark.parametrize("where", ["before 0", "after 0", "before 1", "after 1", "before 2"])
def test_a_job_submitted_while_a_removal_is_suspended_keeps_every_photo(
    settings: Settings,
    client: Client,
    folder: Path,
    where: str,
) -> None:
    first = client.submit([folder])
    removal = suspended_removal(settings, first.id, where)
    redis: Any = client.redis
    wait_until(lambda: not redis.exists(keys.lock("removal")))
    second = client.submit([folder])
    removal.send_signal(signal.SIGCONT)
    out, err = removal.communicate(timeout=60)
    assert removal.returncode == 0, err
    assert f"job {first.id} removed" in out
    assert len(stored(client)) == SMALL + LARGE
    assert second.status().submitted == SMALL + LARGE
    assert second.remove() == SMALL + LARGE
    assert stored_keys(client) == []


def test_a_job_that_is_classified_after_a_suspended_removal_has_every_result(
    settings: Settings, client: Client, start_worker: Callable[..., Worker], folder: Path
) -> None:
    first = client.submit([folder])
    removal = suspended_removal(settings, first.id, "before 1")
    redis: Any = client.redis
    wait_until(lambda: not redis.exists(keys.lock("removal")))
    small = sorted(folder.glob("*.jpg"))[:40]
    second = client.submit([*small, *sorted((folder / "large").iterdir())[:2]])
    removal.send_signal(signal.SIGCONT)
    _, err = removal.communicate(timeout=60)
    assert removal.returncode == 0, err
    start_worker()
    assert second.wait(60).with_glasses == 42

"""A removal that is killed holds nobody up for long, and a slow one keeps its lock."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from glasses import keys, removal
from glasses.client import Client
from tests.support.waiting import wait_until


@pytest.fixture
def redis(client: Client, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(removal, "_LOCK_SECONDS", 2)
    return client.redis


def test_the_lock_of_a_removal_that_goes_on_is_renewed(redis: Any) -> None:
    lives = [2000]

    def is_renewed() -> bool:
        lives.append(redis.pttl(keys.lock("removal")))
        return lives[-1] > lives[-2]

    with removal._removing(redis):
        wait_until(is_renewed, lambda: lives)
    assert not redis.exists(keys.lock("removal"))


def test_the_lock_of_a_killed_one_ends(client: Client, redis: Any, demo_photos: Path) -> None:
    job = client.submit([demo_photos / "collins.jpg"])
    redis.set(keys.lock("removal"), "1", ex=1)
    assert job.remove() == 1
    assert client.submit([demo_photos / "collins.jpg"]).remove() == 1

"""A killed removal blocks others only briefly, restores nothing and is resumed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from glasses.client import Client
from glasses.config.settings import Settings
from glasses.errors import InfrastructureError
from glasses.ledger import keys
from glasses.ledger.owned_lock import LockLostError, owned_lock
from tests.support.commands import glasses_output
from tests.support.leftovers import stored_keys
from tests.support.photos import photos
from tests.support.suspended_removal import suspended_removal
from tests.support.wait import wait_until

LOCK = keys.lock("removal")


def test_a_lock_is_renewed_while_it_is_held(client: Client) -> None:
    redis: Any = client.redis
    lives = [2000]

    def is_renewed() -> bool:
        lives.append(redis.pttl(LOCK))
        return lives[-1] > lives[-2]

    with owned_lock(client.redis, LOCK, 2, 1):
        wait_until(is_renewed, lambda: lives)
    assert not redis.exists(LOCK)


def test_a_lost_lock_is_noticed_and_not_released_for_its_next_owner(client: Client) -> None:
    redis: Any = client.redis
    with owned_lock(client.redis, LOCK, 30, 1) as lock:
        lock.check()
        redis.set(LOCK, "another owner", ex=30)
        with pytest.raises(LockLostError):
            lock.check()
    assert redis.get(LOCK) == "another owner"
    second = owned_lock(client.redis, LOCK, 30, 0.1)
    with pytest.raises(InfrastructureError, match="held by another process"):
        second.__enter__()


@pytest.mark.parametrize("where", ["before 1", "after 1"])
def test_a_killed_removal_is_resumed_and_the_job_does_not_come_back(
    settings: Settings, client: Client, demo_photos: Path, tmp_path: Path, where: str
) -> None:
    folder = photos(tmp_path / "in", demo_photos / "hopper.jpg", 120)
    job = client.submit([folder], name="holiday")
    process = suspended_removal(settings, job.id, where)
    process.kill()
    process.communicate()
    assert [status.job_id for status in client.jobs()] == []
    assert client.reconcile() == []
    assert f"job {job.id} removed" in glasses_output("rm", "holiday", settings=settings)
    assert stored_keys(client) == []
    glasses_output("rm", job.id, code=2, settings=settings)

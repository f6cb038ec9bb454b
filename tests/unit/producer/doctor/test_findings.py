from __future__ import annotations

import shutil
import time
from collections import namedtuple
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from redis.exceptions import ConnectionError as RedisConnectionError

from glasses.config.settings import Settings
from producer.doctor import CheckState, Finding, host, servers

SETTINGS = Settings(redis_url=SecretStr("redis://:hunter2@localhost:1/0"))
HEALTHY = {
    "redis_version": "8.0",
    "used_memory": 50 << 20,
    "maxmemory": 100 << 20,
    "aof_enabled": 1,
}


class FakeRedis:
    """Returns configured answers."""

    def __init__(self, policy: str = "noeviction", ahead: float = 0, **info: Any) -> None:
        self._policy, self._ahead, self._info = policy, ahead, HEALTHY | info

    def ping(self) -> bool:
        if self._info.get("away"):
            raise RedisConnectionError("no route")
        return True

    def info(self) -> dict[str, Any]:
        return self._info

    def config_get(self, name: str) -> dict[str, str]:
        return {name: self._policy}

    def hmget(self, _name: str, *fields: str) -> list[None]:
        return [None for _ in fields]  # the clock never stepped back

    def time(self) -> tuple[int, int]:
        return int(time.time() + self._ahead), 0


def looked_at(**state: Any) -> Finding:
    fake: Any = FakeRedis(**state)
    return servers.redis(SETTINGS, fake)


def test_a_redis_that_may_lose_data_is_reported_with_a_remedy() -> None:
    assert looked_at().state is CheckState.OK
    for state, expected, todo in (
        ({"used_memory": 95 << 20}, CheckState.FAILED, "maxmemory"),
        ({"policy": "allkeys-lru"}, CheckState.WARNING, "noeviction"),
        ({"aof_enabled": 0}, CheckState.WARNING, "appendonly"),
        ({"away": True}, CheckState.FAILED, "glasses up"),
    ):
        found = looked_at(**state)
        assert (found.state, todo in found.todo) == (expected, True), state
        assert "hunter2" not in found.says


@pytest.mark.parametrize(
    ("ahead", "expected"),
    [
        (0, CheckState.OK),
        (60, CheckState.WARNING),
        (-60, CheckState.WARNING),
        (1000, CheckState.FAILED),
    ],
)
def test_differing_clocks_are_reported(ahead: float, expected: CheckState) -> None:
    fake: Any = FakeRedis(ahead=ahead)
    found = servers.clock(fake)
    assert found.state is expected
    assert ("NTP" in found.todo) is (expected is not CheckState.OK)
    if ahead:
        assert ("behind" in found.says) is (ahead > 0)


@pytest.mark.parametrize(
    ("free_mb", "expected"),
    [(9999, CheckState.OK), (1000, CheckState.WARNING), (10, CheckState.FAILED)],
)
def test_a_full_disk_is_reported(
    free_mb: int, expected: CheckState, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    usage = namedtuple("usage", "free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(free_mb << 20))
    assert host.disk([tmp_path]).state is expected


def test_package_versions_not_verified_together_are_reported(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        host, "requires", lambda _: ["kombu==5.7.0", "rich>=14", 'x==1; extra == "y"']
    )
    monkeypatch.setattr(host, "version", lambda name: "5.6.0" if name == "kombu" else "1")
    found = host.versions()
    assert (found.state, found.todo) == (CheckState.WARNING, "pip install 'kombu==5.7.0'")
    assert "x 1" not in found.says

"""A Redis in cluster mode is refused by name."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from redis import Redis
from redis.exceptions import RedisError

from glasses.config.settings import Settings
from infra.local import valkey
from infra.local.ports import LOOPBACK, take_ports
from tests.support.commands import glasses
from tests.support.ports import keep_ports
from tests.support.wait import wait_until
from tests.support.workers import Worker


@pytest.fixture
def cluster(settings: Settings, tmp_path: Path) -> Iterator[Settings]:
    """Yield settings with the address of a node of a cluster."""
    keep_ports(tmp_path)
    port = take_ports(tmp_path, ["node"])["node"]
    words = [str(valkey.binary()), "--port", str(port), "--bind", LOOPBACK]
    words += ["--cluster-enabled", "yes", "--dir", str(tmp_path), "--save", ""]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL) as node:
        try:
            with Redis(host=LOOPBACK, port=port) as redis:

                def answers() -> bool:
                    try:
                        return bool(redis.ping())
                    except RedisError:
                        return False

                wait_until(answers)
            url = SecretStr(f"redis://{LOOPBACK}:{port}/0")
            yield settings.model_copy(update={"redis_url": url})
        finally:
            node.kill()


def test_a_cluster_is_refused_by_commands_doctor_and_workers(
    cluster: Settings, tmp_path: Path
) -> None:
    for command in (["jobs"], ["submit", str(tmp_path), "--detach"]):
        done = glasses(*command, settings=cluster)
        assert done.returncode == 3
        assert "is a node of a Redis Cluster, which is not supported" in done.stderr
        assert "Traceback" not in done.stderr
    checked = glasses("doctor", settings=cluster)
    assert checked.returncode == 3
    assert "Redis Cluster" in checked.stdout
    assert "Use a server without cluster mode" in checked.stdout
    worker = Worker(cluster, tmp_path / "worker.log", 1)
    assert worker.process.wait(60) == 3
    worker.discard()
    assert "Redis Cluster" in worker.log.read_text()

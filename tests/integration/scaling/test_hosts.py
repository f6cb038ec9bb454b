"""Several hosts, each with its own address, run the commands of the images.

No container engine is needed: namespaces give each host its network, its read-only root and its
user; the programs are started word by word as the Dockerfile and the Compose file say.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from glasses.client import Client
from glasses.config.settings import load_settings
from glasses.ledger import keys
from infra.local import seaweed, valkey
from tests.support import hosts
from tests.support.deployment import Image, compose, installed_wheel
from tests.support.gate import Gate, marked
from tests.support.leftovers import nothing_left_behind
from tests.support.wait import wait_until

pytest.importorskip("yaml")
pytest.importorskip("hatchling")
SECRETS = {"VALKEY_PASSWORD": "v" * 20, "S3_ACCESS_KEY": "a" * 20, "S3_SECRET_KEY": "s" * 40}
PATH = f"{sys.prefix}/bin:{os.environ['PATH']}"


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[hosts.Network]:
    reason = hosts.skip_reason()
    if reason:
        pytest.skip(reason)
    with hosts.network(tmp_path) as made:
        yield made


class Fleet:
    """Starts services on hosts as Compose would start their containers."""

    def __init__(self, network: hosts.Network, folder: Path) -> None:
        self.network = network
        self.services = compose({**SECRETS, "WORKER_PROCESSES": "1"})
        self.gate = Gate(folder / "gate")
        (folder / "gate").chmod(0o777)
        self._gate_folder = folder / "gate"
        self._site = installed_wheel(folder)
        self._bin = folder / "bin"
        self._bin.mkdir()
        (self._bin / "valkey-server").symlink_to(valkey.binary())

    def start(self, host: str, service: str) -> subprocess.Popen[bytes]:
        """Start one of our services."""
        wanted = self.services[service]
        image = Image(wanted["build"]["target"])
        assert wanted["user"] == image.user
        gate = self.gate.environment | {"TEST_GATE": "/run/shared"}
        path = os.pathsep.join([gate.pop("PYTHONPATH").split(os.pathsep)[0], str(self._site)])
        environment = {
            **image.environment, **wanted["environment"], **gate, "PATH": PATH,
            "PYTHONPATH": path, "GLASSES_LEASE_SECONDS": "2",
        }  # fmt: skip
        argv = [*image.entrypoint, *(wanted.get("command") or image.command)]
        return self.network.start(host, argv, environment, image.user, self._gate_folder)

    def start_server(self, name: str) -> subprocess.Popen[bytes]:
        """Start Valkey or SeaweedFS with a data folder on the host."""
        wanted = self.services[name]
        words = [*wanted.get("entrypoint", []), *wanted["command"]]
        argv = [w.replace("/data", "/run/glasses").replace("/usr/bin/weed", "weed") for w in words]
        where = self._bin if name == "valkey" else seaweed.binary().parent
        environment = {**wanted["environment"], "PATH": f"{where}:{PATH}"}
        return self.network.start(name, argv, environment, wanted.get("user", "0:0"))

    def answers(self, host: str, port: int) -> bool:
        try:
            socket.create_connection((self.network.addresses[host], port), 1).close()
        except OSError:
            return False
        return True


def test_a_job_survives_the_loss_and_the_addition_of_a_host(
    fleet: hosts.Network, tmp_path: Path, demo_photos: Path
) -> None:
    for name in ("valkey", "s3", "bucket", "worker-1", "worker-2", "worker-3"):
        fleet.add(name)
    run = Fleet(fleet, tmp_path)
    run.start_server("valkey")
    run.start_server("s3")
    wait_until(lambda: run.answers("valkey", 6379), explain=fleet.log("valkey").read_text)
    wait_until(lambda: run.answers("s3", 8333), explain=fleet.log("s3").read_text)
    # `restart: on-failure`
    wait_until(
        lambda: run.start("bucket", "bucket").wait(60) == 0, explain=fleet.log("bucket").read_text
    )
    run.gate.close()
    first, second = run.start("worker-1", "worker"), run.start("worker-2", "worker")
    settings = load_settings(
        redis_url=f"redis://:{SECRETS['VALKEY_PASSWORD']}@{fleet.addresses['valkey']}:6379/0",
        s3_endpoint=f"http://{fleet.addresses['s3']}:8333",
        s3_access_key=SECRETS["S3_ACCESS_KEY"],
        s3_secret_key=SECRETS["S3_SECRET_KEY"],
        chunk_size=4,
    )
    with Client(settings) as client:
        redis: Any = client.redis

        def hosts_that_work() -> set[str]:
            return {w.worker_id.split(":")[0] for w in client.workers()[0] if w.busy}

        job = client.submit([marked(tmp_path / "in", demo_photos / "hopper.jpg", 40, "x")])
        wait_until(
            lambda: hosts_that_work() == {"worker-1", "worker-2"},
            explain=lambda: fleet.log("worker-1").read_text() + fleet.log("worker-2").read_text(),
        )
        health = Image("worker").healthcheck
        assert health
        assert hosts.run_in(first, ["sh", "-c", health]) == 0
        assert hosts.run_in(first, ["touch", "/etc/x"]) != 0, "the root is read-only"
        assert {w.deployment for w in client.workers()[0]} == {"compose"}

        fleet.cut("worker-2")
        third = run.start("worker-3", "worker")
        wait_until(
            lambda: "worker-3" in hosts_that_work() and redis.zcard(keys.leases(job.id)) == 2,
            explain=fleet.log("worker-3").read_text,
        )
        first.send_signal(signal.SIGTERM)  # as Compose and Kubernetes do: it finishes its chunk
        run.gate.open()
        status = job.wait(120)
        assert (status.submitted, status.no_face, status.pending) == (40, 40, 0)
        assert status.failed == status.cancelled == 0
        assert len({verdict.image for verdict in job.verdicts()}) == 40
        assert first.wait(60) == 0
        assert third.poll() is None
        assert second.poll() is None, "it still looks for its Redis"
        nothing_left_behind(client)

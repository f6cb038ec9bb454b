"""A primary and a replica of the local Valkey's kind, watched by three Sentinels."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

from infra.local import valkey
from infra.local.ports import LOOPBACK, take_ports
from tests.support.ports import keep_ports
from tests.support.wait import wait_until

SERVICE = "glasses"
PASSWORD = "secret"
_NAMES = ["primary", "replica", "sentinel-1", "sentinel-2", "sentinel-3"]
_SERVER = """\
bind {host}
port {port}
dir "{dir}"
requirepass {password}
masterauth {password}
appendonly yes
save ""
repl-diskless-sync-delay 0
"""
_SENTINEL = """\
bind {host}
port {port}
dir "{dir}"
sentinel monitor {service} {host} {primary} 2
sentinel auth-pass {service} {password}
sentinel down-after-milliseconds {service} 1000
sentinel failover-timeout {service} 5000
"""


class Sentinels:
    """Five servers; all but the primary survive `kill_primary`."""

    def __init__(self, home: Path) -> None:
        keep_ports(home)
        self._ports = take_ports(home, _NAMES)
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        for name in _NAMES:
            self._start(home, name)
        wait_until(self._is_ready)

    @property
    def url(self) -> str:
        """Return the setting `redis_url`."""
        hosts = ",".join(f"{LOOPBACK}:{self._ports[name]}" for name in _NAMES[2:])
        return f"redis+sentinel://:{PASSWORD}@{hosts}/{SERVICE}/0"

    def server(self, name: str) -> Any:
        """Return a client of one server."""
        password = None if name.startswith("sentinel") else PASSWORD
        return Redis(
            host=LOOPBACK, port=self._ports[name], password=password, decode_responses=True
        )

    def silence_replica(self) -> None:
        """Stop the replica from receiving what the primary writes from now on."""
        self.server("replica").config_set("masterauth", "wrong")
        self.server("primary").client_kill_filter(_type="replica")

    def kill_primary(self) -> None:
        """Kill the primary with SIGKILL."""
        self._running["primary"].kill()

    def end(self) -> None:
        """Kill all servers."""
        for process in self._running.values():
            process.send_signal(signal.SIGKILL)
            process.wait()

    def _start(self, home: Path, name: str) -> None:
        folder = home / name
        folder.mkdir()
        config = folder / "server.conf"
        is_sentinel = name.startswith("sentinel")
        text = (_SENTINEL if is_sentinel else _SERVER).format(
            host=LOOPBACK, port=self._ports[name], dir=folder, password=PASSWORD,
            service=SERVICE, primary=self._ports["primary"],
        )  # fmt: skip
        if name == "replica":
            text += f"replicaof {LOOPBACK} {self._ports['primary']}\n"
        config.write_text(text)
        words = [str(valkey.binary()), str(config), *(["--sentinel"] if is_sentinel else [])]
        with (folder / "log").open("wb") as log:
            self._running[name] = subprocess.Popen(words, stdout=log, stderr=log)

    def _is_ready(self) -> bool:
        try:
            if self.server("replica").info("replication")["master_link_status"] != "up":
                return False
            states = [self.server(name).sentinel_master(SERVICE) for name in _NAMES[2:]]
        except RedisError:
            return False
        return all(
            state["num-slaves"] == 1 and state["num-other-sentinels"] == 2 for state in states
        )


@contextmanager
def sentinels(home: Path) -> Iterator[Sentinels]:
    """Run the servers for the length of the context."""
    found = Sentinels(home)
    try:
        yield found
    finally:
        found.end()

"""Servers of a test's own, which it may kill, stop and start again."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from glasses.settings import Settings, load_settings
from infra.local import members, seaweed
from infra.local.processes import Identity, is_alive, start, stop
from infra.local.servers import Servers, start_servers, stop_servers
from tests.support.ports import keep_ports

VALKEY = members.VALKEY
S3 = members.S3


class Stack:
    """A Valkey and an S3 server."""

    def __init__(self, home: Path, servers: Servers) -> None:
        self._home = home
        self._servers = servers
        self.settings: Settings = servers.settings
        self._running: dict[str, Identity] = dict(servers.running)

    def signal(self, name: str, number: int) -> None:
        """Send a signal to a server, if it runs."""
        if is_alive(self._running[name]):
            os.killpg(self._running[name].pid, number)

    def kill(self, name: str) -> None:
        """`kill -9`."""
        stop([], [self._running[name]], patience=0)

    def start(self, name: str) -> None:
        """Start it again, on the same port with the same data; it need not serve yet."""
        if not is_alive(self._running[name]):
            if name == S3:
                seaweed.remove_sockets(self._home)
            self._running[name] = start(self._servers.commands[name], self._home, True)

    def end(self) -> None:
        """End both."""
        for name in self._running:
            self.signal(name, signal.SIGCONT)
            self.kill(name)
        stop_servers(self._home, self._servers)


@contextmanager
def own_stack(home: Path) -> Iterator[Stack]:
    """Servers for the length of the context, on ports of their own."""
    home = home.resolve()
    keep_ports(home)
    stack = Stack(home, start_servers(home, load_settings(), die_with_parent=True))
    try:
        yield stack
    finally:
        stack.end()

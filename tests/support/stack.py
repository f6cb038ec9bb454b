"""A private Valkey and S3 server that a test may kill, stop, replace and restart."""

from __future__ import annotations

import dataclasses
import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from glasses.config.settings import Settings, load_settings
from infra.local import seaweed, stack_processes
from infra.local.process import Command, Identity, is_alive, start, stop
from infra.local.readiness import valkey_answers
from infra.local.servers import Servers, start_servers, stop_servers
from tests.support.ports import keep_ports
from tests.support.wait import wait_until

VALKEY = stack_processes.VALKEY
S3 = stack_processes.S3


class Stack:
    """A Valkey and an S3 server."""

    def __init__(self, home: Path, servers: Servers) -> None:
        self._home = home
        self._servers = servers
        self.settings: Settings = servers.settings
        self._commands = dict(servers.commands)
        self._running: dict[str, Identity] = dict(servers.running)

    @property
    def redis_url(self) -> str:
        """Return Valkey's URL, with its password."""
        assert self.settings.redis_url
        return self.settings.redis_url.get_secret_value()

    @property
    def redis_folder(self) -> Path:
        """Return the data folder of the running Valkey."""
        folder = self._commands[VALKEY].cwd
        assert folder
        return folder

    def signal(self, name: str, number: int) -> None:
        """Send a signal to a server if it is running."""
        if is_alive(self._running[name]):
            os.killpg(self._running[name].pid, number)

    def kill(self, name: str) -> None:
        """Kill a server with SIGKILL."""
        stop([], [self._running[name]], timeout=0)

    def start(self, name: str) -> None:
        """Start a server on the same port with the same data, without waiting for it."""
        if not is_alive(self._running[name]):
            if name == S3:
                seaweed.remove_sockets(self._home)
            self._running[name] = start(self._commands[name], self._home, True)

    def wait_for_redis(self) -> None:
        """Wait until Valkey answers."""
        wait_until(lambda: valkey_answers(self.redis_url))

    def restart_with(self, name: str, environment: Mapping[str, str]) -> None:
        """Restart a server with more environment variables."""
        before = self._commands[name]
        self._commands[name] = dataclasses.replace(before, env={**before.env, **environment})
        self.kill(name)
        self.start(name)

    def replace(self, name: str, command: Command, running: Identity) -> None:
        """Use another process, on the port of a killed one, from now on.

        Args:
            name: Of the server.
            command: Starts the other one again.
            running: Its process.
        """
        self._commands[name] = command
        self._running[name] = running

    def damage(self, data: bytes) -> None:
        """Flip one bit on the disk of the S3 server, in an object that ends with these bytes."""
        tail = data[-64:]
        for volume in self._home.rglob("*.dat"):
            place = volume.read_bytes().find(tail)
            if place >= 0:
                with volume.open("r+b") as file:
                    file.seek(place)
                    file.write(bytes([tail[0] ^ 1]))
                return
        raise AssertionError("no volume has these bytes")

    def end(self) -> None:
        """Stop both servers."""
        for name in self._running:
            self.signal(name, signal.SIGCONT)
            self.kill(name)
        stop_servers(self._home, self._servers)


@contextmanager
def own_stack(home: Path) -> Iterator[Stack]:
    """Run both servers for the length of the context, on reserved ports."""
    home = home.resolve()
    keep_ports(home)
    stack = Stack(home, start_servers(home, load_settings(), die_with_parent=True))
    try:
        yield stack
    finally:
        stack.end()

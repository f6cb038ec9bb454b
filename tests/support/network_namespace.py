"""A network namespace behind a virtual cable that can be disconnected."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

_NETS = range(190, 200)
"""Second byte of its addresses; `hosts` uses others."""


class Namespace:
    """What runs in it reaches this machine at `here`, and nothing else.

    Attributes:
        here: This machine's address, as seen from there.
        prefix: What to put before a command that shall run there.
    """

    def __init__(self, name: str) -> None:
        net = f"10.{random.choice(_NETS)}.{random.randrange(256)}"
        self.here, self._there = f"{net}.1", f"{net}.2"
        self.prefix = ["ip", "netns", "exec", name]
        self._name = name
        self._cable = f"gl{os.getpid()}"
        self._end = f"{self._cable}n"

    def create(self) -> None:
        """Create the namespace and its cable."""
        _ip("netns", "add", self._name)
        _ip("link", "add", self._cable, "type", "veth", "peer", "name", self._end)
        _ip("link", "set", self._end, "netns", self._name)
        _ip("addr", "add", f"{self.here}/30", "dev", self._cable)
        _ip("link", "set", self._cable, "up")
        _ip("-n", self._name, "addr", "add", f"{self._there}/30", "dev", self._end)
        for device in (self._end, "lo"):
            _ip("-n", self._name, "link", "set", device, "up")

    def cut(self) -> None:
        """Disconnect the cable: packets vanish silently."""
        _ip("link", "set", self._cable, "down")

    def mend(self) -> None:
        """Reconnect the cable."""
        _ip("link", "set", self._cable, "up")

    def remove(self) -> None:
        """Remove the namespace; programs that still run in it lose their network."""
        for words in (("link", "del", self._cable), ("netns", "del", self._name)):
            subprocess.run(["ip", *words], capture_output=True, check=False)


@contextmanager
def namespace() -> Iterator[Namespace]:
    """Create a namespace for the length of the context; skip the test without permission."""
    if os.geteuid() or not shutil.which("ip"):
        pytest.skip("network namespaces need root and the command `ip`")
    made = Namespace(f"glasses-{os.getpid()}")
    try:
        try:
            made.create()
        except subprocess.CalledProcessError as error:
            pytest.skip(f"no network namespace may be made here: {error.stderr.decode().strip()}")
        yield made
    finally:
        made.remove()


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], capture_output=True, check=True)

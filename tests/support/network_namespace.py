"""A network namespace behind a pair of virtual cables, which can be pulled out."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

_NETS = range(190, 200)
"""Second part of its addresses; `hosts` has others."""


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

    def lay(self) -> None:
        """Make it, and the cable."""
        _ip("netns", "add", self._name)
        _ip("link", "add", self._cable, "type", "veth", "peer", "name", self._end)
        _ip("link", "set", self._end, "netns", self._name)
        _ip("addr", "add", f"{self.here}/30", "dev", self._cable)
        _ip("link", "set", self._cable, "up")
        _ip("-n", self._name, "addr", "add", f"{self._there}/30", "dev", self._end)
        for device in (self._end, "lo"):
            _ip("-n", self._name, "link", "set", device, "up")

    def cut(self) -> None:
        """Pull the cable out: packets vanish, nobody is told."""
        _ip("link", "set", self._cable, "down")

    def mend(self) -> None:
        """Put it in again."""
        _ip("link", "set", self._cable, "up")

    def remove(self) -> None:
        """Remove what was made; what still runs in it loses its network."""
        for words in (("link", "del", self._cable), ("netns", "del", self._name)):
            subprocess.run(["ip", *words], capture_output=True, check=False)


@contextmanager
def namespace() -> Iterator[Namespace]:
    """A namespace for the length of the context; the test is skipped where none may be made."""
    if os.geteuid() or not shutil.which("ip"):
        pytest.skip("network namespaces need root and the command `ip`")
    made = Namespace(f"glasses-{os.getpid()}")
    try:
        try:
            made.lay()
        except subprocess.CalledProcessError as error:
            pytest.skip(f"no network namespace may be made here: {error.stderr.decode().strip()}")
        yield made
    finally:
        made.remove()


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], capture_output=True, check=True)

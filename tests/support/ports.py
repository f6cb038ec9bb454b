"""Ports that stay reserved for a stack while its servers are down.

Elsewhere a stack starts again on other ports if its own were taken meanwhile. A test that kills
servers and looks for them where they were cannot have that, and other test processes start servers
at the same time. So each process claims a share of ports, by listening on the first of them.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from functools import cache
from itertools import cycle
from pathlib import Path

import pytest

from infra.local import seaweed, stack_processes
from infra.local.folder import PORTS, prepare, write_private
from infra.local.ports import LOOPBACK, is_free

_SHARE = 250
_FIRSTS = range(2_000, 12_000, _SHARE)
"""Below the range from which `infra.local.ports` draws."""


@cache
def _own() -> Iterator[int] | None:
    """Return an endless cycle of this process' ports; None if all shares are taken."""
    for first in _FIRSTS:
        try:
            socket.create_server((LOOPBACK, first)).detach()  # open as long as this process lives
        except OSError:
            continue
        return cycle(range(first + 1, first + _SHARE))
    return None


def keep_ports(home: Path) -> None:
    """Choose the ports of the stack that will run in a folder."""
    prepare(home)
    if own := _own():
        names = [stack_processes.VALKEY, *seaweed.PORTS]
        free = (port for port in own if is_free(port))
        write_private(home / PORTS, json.dumps(dict(zip(names, free, strict=False))))


def own_port() -> int:
    """Return a free port to which nothing else on this machine connects by mistake."""
    own = _own()
    if own is None:
        pytest.skip("all shares of ports are taken")
    return next(port for port in own if is_free(port))

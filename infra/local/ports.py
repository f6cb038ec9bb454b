"""Free loopback ports, the same as last time where possible.

They lie below the range from which the kernel takes the ports of outgoing connections: a client
that calls a dead server again and again from that range sooner or later connects to itself, and
the server cannot come back.
"""

from __future__ import annotations

import json
import random
import socket
from pathlib import Path

from infra.local.folder import PORTS, write_private

LOOPBACK = "127.0.0.1"
_CANDIDATES = range(12_000, 32_000)


def take_ports(home: Path, names: list[str], fresh: bool = False) -> dict[str, int]:
    """Choose a free port for each name and remember them.

    Args:
        home: The stack's folder.
        names: What the ports are for.
        fresh: Do not take those of last time.
    """
    before = {} if fresh else remembered_ports(home)
    ports: dict[str, int] = {}
    for name in names:
        port = before.get(name)
        while port is None or port in ports.values() or not is_free(port):
            port = random.choice(_CANDIDATES)
        ports[name] = port
    write_private(home / PORTS, json.dumps(ports))
    return ports


def is_free(port: int) -> bool:
    """Whether nobody listens on a port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def remembered_ports(home: Path) -> dict[str, int]:
    """The ports of the last run."""
    try:
        return {str(k): int(v) for k, v in json.loads((home / PORTS).read_text("utf-8")).items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}

"""Free loopback ports, reused from the last run where possible.

They are below the range from which the kernel takes ports of outgoing connections. A client that
reconnects to a dead server's port in that range eventually connects to itself, and then the server
cannot bind its port again.
"""

from __future__ import annotations

import json
import random
import socket
from pathlib import Path

from glasses.errors import InfrastructureError
from infra.local.folder import PORTS, write_private

LOOPBACK = "127.0.0.1"
_CANDIDATES = range(12_000, 32_000)


def take_ports(home: Path, names: list[str], fresh: bool = False) -> dict[str, int]:
    """Choose a free port for each name and remember the choice.

    Args:
        home: The stack's folder.
        names: What the ports are for.
        fresh: Do not reuse the ports of the last run.

    Raises:
        InfrastructureError: There are not enough free ports.
    """
    previous = {} if fresh else remembered_ports(home)
    candidates = iter(random.sample(_CANDIDATES, len(_CANDIDATES)))
    ports: dict[str, int] = {}
    for name in names:
        port = previous.get(name)
        while port is None or port in ports.values() or not is_free(port):
            port = next(candidates, None)
            if port is None:
                raise InfrastructureError(
                    f"no port between {_CANDIDATES[0]} and {_CANDIDATES[-1]} is free on "
                    f"{LOOPBACK}; the local stack needs {len(names)}. List listeners: `ss -ltn`"
                )
        ports[name] = port
    write_private(home / PORTS, json.dumps(ports))
    return ports


def is_free(port: int) -> bool:
    """Return whether no process listens on a port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def remembered_ports(home: Path) -> dict[str, int]:
    """Return the ports of the last run; empty if there are none."""
    try:
        return {str(k): int(v) for k, v in json.loads((home / PORTS).read_text("utf-8")).items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}

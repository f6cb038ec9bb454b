"""The workers of a stack: hosts that together have as many processes as are wanted.

Growing starts a host with the processes that are missing. Shrinking asks hosts to end (SIGTERM:
they take nothing more, finish the chunks that they are at, and go), and starts a smaller one if
need be. Hosts come and go whole, since that is what is promised and tested to lose nothing;
Celery's own pool can shrink by processes that are idle only, and over a remote control that we
keep off.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glasses.settings import Settings
from infra.local import members, workers
from infra.local.keeper import Keeper
from infra.local.processes import Identity, ask_to_end, find_marked, is_alive, stop

_logger = logging.getLogger(__name__)


def plan(sizes: Mapping[str, int], wanted: int) -> tuple[list[str], int]:
    """Which hosts stay, and how many processes a new one must have.

    Args:
        sizes: Processes of each host.
        wanted: In all.
    """
    stay: list[str] = []
    left = wanted
    for name, size in sorted(sizes.items(), key=lambda item: -item[1]):
        if size <= left:
            stay.append(name)
            left -= size
    return stay, left


@dataclass(frozen=True, slots=True)
class _Leaving:
    identity: Identity
    deadline: float


class Crew:
    """The hosts.

    Attributes:
        wanted: Processes in all.
    """

    def __init__(self, home: Path, settings: Settings) -> None:
        self.wanted = 0
        self._home = home
        self._settings = settings
        self._sizes: dict[str, int] = {}
        self._keepers: dict[str, Keeper] = {}
        self._leaving: dict[str, _Leaving] = {}

    @property
    def deaths(self) -> int:
        """How often a host was found dead."""
        return sum(keeper.deaths for keeper in self._keepers.values())

    def scale(self, wanted: int) -> None:
        """Start and end hosts so that there are as many processes; does not wait for any."""
        stay, missing = plan(self._sizes, wanted)
        going = [name for name in self._sizes if name not in stay]
        if missing:
            self._start(missing)
        for name in going:
            identity = self._keepers.pop(name).identity
            del self._sizes[name]
            ask_to_end(identity)
            self._leaving[name] = _Leaving(identity, time.monotonic() + members.WORKER_SECONDS)
        _logger.info("%d worker processes are wanted instead of %d", wanted, self.wanted)
        self.wanted = wanted

    def tend(self) -> bool:
        """Look after all of them once; True if something has changed."""
        changed = [name for name, keeper in self._keepers.items() if keeper.tend()]
        for name, leaving in list(self._leaving.items()):
            if is_alive(leaving.identity):
                if time.monotonic() < leaving.deadline:
                    continue
                # What it holds comes back by the leases.
                rest = [each for who, each in find_marked(self._home) if who == name]
                stop([], rest, patience=0)
            del self._leaving[name]
            changed.append(name)
        return bool(changed)

    def entries(self) -> dict[str, dict[str, Any]]:
        """Their entries in the stack file."""
        staying = {
            name: {**keeper.entry(), "processes": self._sizes[name]}
            for name, keeper in self._keepers.items()
        }
        leaving = {
            name: {
                "pid": each.identity.pid,
                "started": each.identity.started,
                "state": members.LEAVING,
            }
            for name, each in self._leaving.items()
        }
        return {**staying, **leaving}

    def _start(self, processes: int) -> None:
        taken = self._keepers.keys() | self._leaving.keys()
        number = next(n for n in range(1, len(taken) + 2) if members.worker_name(n) not in taken)
        name = members.worker_name(number)
        command = workers.command(self._home, processes, self._settings, name)
        self._sizes[name] = processes
        self._keepers[name] = Keeper(command, self._home)

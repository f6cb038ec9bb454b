"""The worker pool of a stack: workers that together run the requested number of processes.

To grow, the pool starts one worker with the missing processes. To shrink, it drains whole workers
(SIGTERM: they take no more chunks, finish the current ones and exit) and starts a smaller one if
needed. Only starting and draining whole workers is guaranteed and tested to lose nothing. Celery
itself can shrink a worker by idle processes only, and only over its remote control, which is
disabled.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glasses.config.settings import Settings
from infra.local import stack_processes, workers
from infra.local.process import Identity, find_marked, is_alive, stop, terminate
from infra.local.restarter import Restarter

_logger = logging.getLogger(__name__)


def plan(sizes: Mapping[str, int], wanted: int) -> tuple[list[str], int]:
    """Return the workers to keep and the number of processes that a new worker must have.

    Args:
        sizes: Number of processes of each worker.
        wanted: Requested number of processes in all.
    """
    kept: list[str] = []
    missing = wanted
    for name, size in sorted(sizes.items(), key=lambda item: -item[1]):
        if size <= missing:
            kept.append(name)
            missing -= size
    return kept, missing


@dataclass(frozen=True, slots=True)
class _Draining:
    identity: Identity
    deadline: float


class WorkerPool:
    """The workers of a stack.

    Attributes:
        wanted: Requested number of processes in all.
    """

    def __init__(self, home: Path, settings: Settings) -> None:
        self.wanted = 0
        self._home = home
        self._settings = settings
        self._sizes: dict[str, int] = {}
        self._restarters: dict[str, Restarter] = {}
        self._draining: dict[str, _Draining] = {}

    @property
    def deaths(self) -> int:
        """How often a worker was found dead."""
        return sum(restarter.deaths for restarter in self._restarters.values())

    def scale(self, wanted: int) -> None:
        """Start and drain workers to reach a number of processes, without waiting for them."""
        kept, missing = plan(self._sizes, wanted)
        surplus = [name for name in self._sizes if name not in kept]
        if missing:
            self._start(missing)
        for name in surplus:
            identity = self._restarters.pop(name).identity
            del self._sizes[name]
            if identity is None:
                continue
            terminate(identity)
            deadline = time.monotonic() + stack_processes.WORKER_SECONDS
            self._draining[name] = _Draining(identity, deadline)
        _logger.info("scaling from %d to %d worker processes", self.wanted, wanted)
        self.wanted = wanted

    def check(self) -> bool:
        """Restart dead workers and clean up drained ones; return whether anything changed."""
        changed = [
            name for name, restarter in self._restarters.items() if restarter.restart_if_dead()
        ]
        for name, draining in list(self._draining.items()):
            if is_alive(draining.identity):
                if time.monotonic() < draining.deadline:
                    continue
                # Its chunks are queued again when their leases expire.
                rest = [identity for other, identity in find_marked(self._home) if other == name]
                stop([], rest, timeout=0)
            del self._draining[name]
            changed.append(name)
        return bool(changed)

    def entries(self) -> dict[str, dict[str, Any]]:
        """Return the entries of the workers in the stack file."""
        running = {
            name: {**restarter.entry(), "processes": self._sizes[name]}
            for name, restarter in self._restarters.items()
        }
        draining = {
            name: {
                "pid": each.identity.pid,
                "started": each.identity.started,
                "state": stack_processes.DRAINING,
            }
            for name, each in self._draining.items()
        }
        return {**running, **draining}

    def _start(self, processes: int) -> None:
        taken = self._restarters.keys() | self._draining.keys()
        number = next(
            n for n in range(1, len(taken) + 2) if stack_processes.worker_name(n) not in taken
        )
        name = stack_processes.worker_name(number)
        command = workers.command(self._home, processes, self._settings, name)
        self._sizes[name] = processes
        self._restarters[name] = Restarter(command, self._home)

"""Runs a stack: starts servers and workers, starts again what dies, ends them in order.

`python -m infra.local.supervisor --home HOME --workers N`; ends at SIGTERM or SIGINT, and at the
second of them without waiting for the workers.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from glasses.errors import GlassesError, InfrastructureError
from glasses.settings import Settings, load_settings
from glasses.stack_file import Stack, remove_stack, write_stack
from infra.local import members, seaweed
from infra.local.crew import Crew
from infra.local.expiry import Expiry
from infra.local.folder import SUPERVISOR_LOCK, WANTED, log_file, prepare
from infra.local.keeper import Keeper
from infra.local.lock import LockBusyError, hold
from infra.local.logs import tail
from infra.local.members import READY, STARTING, WORKER_READY_SECONDS
from infra.local.processes import identify
from infra.local.scale import wanted
from infra.local.servers import Servers, StartInterruptedError, start_servers

WORKER_TRIES = 2
"""A worker that dies so often before it has worked at all is not tried further."""
LOCK_SECONDS = 2
_LOOK_SECONDS = 0.2
_LOOK_STARTING_SECONDS = 0.05

_logger = logging.getLogger(__name__)


@contextmanager
def only_supervisor(home: Path) -> Iterator[None]:
    """Be the one process that may run a stack from a folder.

    Raises:
        InfrastructureError: Another one does.
    """
    prepare(home)
    try:
        with hold(home / SUPERVISOR_LOCK, LOCK_SECONDS):
            yield
    except LockBusyError:
        raise InfrastructureError(f"a stack runs from {home} already") from None


class Supervisor:
    """One stack, from its start to its end."""

    def __init__(
        self,
        home: Path,
        worker_processes: int,
        settings: Settings,
        on_ready: Callable[[Stack], None] = lambda _: None,
    ) -> None:
        self._home = home
        self._worker_processes = worker_processes
        self._crew: Crew | None = None
        self._settings = settings
        self._on_ready = on_ready
        self._signals = 0
        self._awake = threading.Event()
        self._keepers: dict[str, Keeper] = {}
        self._state = STARTING

    def run(self) -> None:
        """Run the stack until a signal asks for its end. Call it with the lock held.

        Raises:
            InfrastructureError: It did not start.
        """
        with self._signals_caught():
            try:
                self._run()
            except StartInterruptedError:
                _logger.info("asked to end while starting")
            finally:
                self._end()

    def _run(self) -> None:
        servers = start_servers(self._home, self._settings, self._is_interrupted)
        for name, command in servers.commands.items():
            self._keepers[name] = Keeper(command, self._home, servers.running[name])
        self._write(servers)
        _logger.info("servers are ready")
        (self._home / WANTED).unlink(missing_ok=True)
        self._crew = Crew(self._home, servers.settings)
        if self._worker_processes:
            self._crew.scale(self._worker_processes)
            self._write(servers)
            self._wait_for_workers(servers, self._crew)
            _logger.info("workers are ready")
        self._state = READY
        self._on_ready(self._write(servers))
        expiry = Expiry(servers.settings)
        while not self._is_interrupted():
            self._tend(servers)
            expiry.tend()
            asked = wanted(self._home)
            if asked is not None and asked != self._crew.wanted:
                self._crew.scale(asked)
                self._write(servers)
            self._awake.wait(_LOOK_SECONDS)

    def _wait_for_workers(self, servers: Servers, crew: Crew) -> None:
        from infra.local.echo import Echo  # Celery is slow to import, and not always needed

        echo = Echo(servers.settings)
        deadline = time.monotonic() + WORKER_READY_SECONDS
        while not echo.has_arrived():
            self._tend(servers)
            if self._is_interrupted():
                raise StartInterruptedError
            dead = crew.deaths >= WORKER_TRIES
            if dead or time.monotonic() > deadline:
                log = log_file(self._home, members.WORKER)
                what = (
                    f"ended {WORKER_TRIES} times at their start"
                    if dead
                    else f"did not answer a test message within {WORKER_READY_SECONDS} s"
                )
                raise InfrastructureError(f"workers {what}. The end of {log}:\n{tail(log)}")
            self._awake.wait(_LOOK_STARTING_SECONDS)

    def _tend(self, servers: Servers) -> None:
        started = [name for name, keeper in self._keepers.items() if keeper.tend()]
        if self._crew and self._crew.tend():
            started.append(members.WORKER)
        if started:
            self._write(servers)

    def _write(self, servers: Servers) -> Stack:
        me = identify(os.getpid())
        assert me
        entries = {
            members.SUPERVISOR: {"pid": me.pid, "started": me.started, "state": self._state},
            **{name: keeper.entry() for name, keeper in self._keepers.items()},
            **(self._crew.entries() if self._crew else {}),
        }
        stack = Stack(dict(servers.endpoints), entries, self._crew.wanted if self._crew else 0)
        write_stack(self._home, stack)
        return stack

    def _end(self) -> None:
        members.stop_members(self._home, hurry=lambda: self._signals > 1)
        seaweed.remove_sockets(self._home)
        remove_stack(self._home)
        (self._home / WANTED).unlink(missing_ok=True)
        _logger.info("ended")

    def _is_interrupted(self) -> bool:
        return self._signals > 0

    @contextmanager
    def _signals_caught(self) -> Iterator[None]:
        def note(_number: int, _frame: FrameType | None) -> None:
            self._signals += 1
            self._awake.set()

        caught = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
        before = {number: signal.signal(number, note) for number in caught}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def main() -> int:
    """Run a stack in this process; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m infra.local.supervisor")
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--workers", type=int, required=True)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    logging.getLogger("botocore").setLevel(logging.WARNING)
    home = options.home.resolve()
    try:
        with only_supervisor(home):
            Supervisor(home, options.workers, load_settings()).run()
    except GlassesError as error:
        _logger.error("%s", error)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())

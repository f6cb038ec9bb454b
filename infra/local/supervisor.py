"""The supervisor: starts servers and workers, restarts what dies, stops everything in order.

`python -m infra.local.supervisor --home HOME --workers N`. It stops the stack at SIGTERM or SIGINT;
a second signal kills the workers without waiting for them.
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

from glasses.config.logs import LogFormat, configure_logging
from glasses.config.settings import Settings, load_settings
from glasses.config.stack_file import StackFile, remove_stack
from glasses.errors import GlassesError, InfrastructureError
from infra.local import seaweed, stack_processes
from infra.local.expiry import Expiry
from infra.local.folder import SUPERVISOR_LOCK, log_file, prepare
from infra.local.lock import LockBusyError, hold
from infra.local.logs import tail
from infra.local.process import identify
from infra.local.requests import Kind, is_wanted_down, latest
from infra.local.restarter import Restarter
from infra.local.servers import Servers, StartInterruptedError, start_servers
from infra.local.stack_processes import READY, STARTING, STOPPING, WORKER_READY_SECONDS
from infra.local.stack_record import StackRecord
from infra.local.worker_pool import WorkerPool

WORKER_TRIES = 2
"""The start fails if workers exit this often before the first message was processed."""
LOCK_SECONDS = 2
_POLL_SECONDS = 0.2
_POLL_SECONDS_AT_START = 0.05

_logger = logging.getLogger(__name__)


@contextmanager
def only_supervisor(home: Path) -> Iterator[None]:
    """Hold the lock of the one process that may run a stack from a folder.

    Raises:
        InfrastructureError: Another process holds it.
    """
    prepare(home)
    try:
        with hold(home / SUPERVISOR_LOCK, LOCK_SECONDS):
            yield
    except LockBusyError:
        raise InfrastructureError(f"a stack is already running from {home}") from None


class Supervisor:
    """Runs one stack from start to stop."""

    def __init__(
        self,
        home: Path,
        worker_processes: int,
        settings: Settings,
        on_ready: Callable[[StackFile], None] = lambda _: None,
    ) -> None:
        self._home = home
        self._worker_processes = worker_processes
        self._pool: WorkerPool | None = None
        self._settings = settings
        self._on_ready = on_ready
        self._signals = 0
        self._wake = threading.Event()
        self._restarters: dict[str, Restarter] = {}
        self._state = STARTING
        self._servers: Servers | None = None
        self._record = StackRecord(home)
        up = latest(home, Kind.UP)
        self._handled = up.number if up else 0
        """Number of the last request that was applied: a `scale`, or the `up` of this stack."""

    def run(self) -> None:
        """Run the stack until a signal or a `down` request. The caller must hold the lock.

        Raises:
            InfrastructureError: The stack did not start.
        """
        with self._signals_caught():
            try:
                self._run()
            except StartInterruptedError:
                _logger.info("stop requested during the start")
            finally:
                self._stop()

    def _run(self) -> None:
        servers = start_servers(self._home, self._settings, self._is_interrupted)
        self._servers = servers
        for name, command in servers.commands.items():
            self._restarters[name] = Restarter(command, self._home, servers.running[name])
        self._write(servers)
        _logger.info("servers are ready")
        self._pool = WorkerPool(self._home, servers.settings)
        if self._worker_processes:
            self._pool.scale(self._worker_processes)
            self._write(servers)
            self._wait_for_workers(servers, self._pool)
            _logger.info("workers are ready")
        self._state = READY
        stack = self._write(servers)
        self._record.require()
        self._on_ready(stack)
        expiry = Expiry(servers.settings)
        while not self._is_interrupted():
            self._restart_dead(servers)
            expiry.start_if_due()
            self._handle_requests(servers, self._pool)
            self._record.retry()
            self._wake.wait(_POLL_SECONDS)

    def _handle_requests(self, servers: Servers, pool: WorkerPool) -> None:
        """Apply what commands have requested since the start."""
        if is_wanted_down(self._home):
            _logger.info("stop requested")
            self._signals += 1  # a `down` that was interrupted may not have sent a signal
        request = latest(self._home, Kind.SCALE)
        if request is None or request.number <= self._handled:
            return
        self._handled = request.number
        if request.processes != pool.wanted:
            pool.scale(request.processes)
            self._write(servers)

    def _wait_for_workers(self, servers: Servers, pool: WorkerPool) -> None:
        from infra.local.ping import Ping  # imports Celery, which is slow and not always needed

        ping = Ping(servers.settings)
        deadline = time.monotonic() + WORKER_READY_SECONDS
        while not ping.has_arrived():
            self._restart_dead(servers)
            if self._is_interrupted():
                raise StartInterruptedError
            is_dead = pool.deaths >= WORKER_TRIES
            if is_dead or time.monotonic() > deadline:
                log = log_file(self._home, stack_processes.WORKER)
                what = (
                    f"exited {WORKER_TRIES} times while starting"
                    if is_dead
                    else f"did not answer a ping within {WORKER_READY_SECONDS} s"
                )
                raise InfrastructureError(f"workers {what}. The end of {log}:\n{tail(log)}")
            self._wake.wait(_POLL_SECONDS_AT_START)

    def _restart_dead(self, servers: Servers) -> None:
        restarted = [name for name, each in self._restarters.items() if each.restart_if_dead()]
        pool_changed = bool(self._pool and self._pool.check())
        if restarted or pool_changed:
            self._write(servers)

    def _write(self, servers: Servers) -> StackFile:
        me = identify(os.getpid())
        assert me
        entries = {
            stack_processes.SUPERVISOR: {
                "pid": me.pid,
                "started": me.started,
                "state": self._state,
            },
            **{name: restarter.entry() for name, restarter in self._restarters.items()},
            **(self._pool.entries() if self._pool else {}),
        }
        stack = StackFile(dict(servers.endpoints), entries, self._pool.wanted if self._pool else 0)
        self._record.write(stack)
        return stack

    def _stop(self) -> None:
        self._state = STOPPING
        if self._servers:
            self._write(self._servers)  # otherwise an `up` would take the stack for a running one
        stack_processes.stop_processes(self._home, hurry=lambda: self._signals > 1)
        seaweed.remove_sockets(self._home)
        remove_stack(self._home)
        _logger.info("stopped")

    def _is_interrupted(self) -> bool:
        return self._signals > 0

    @contextmanager
    def _signals_caught(self) -> Iterator[None]:
        def count(_number: int, _frame: FrameType | None) -> None:
            self._signals += 1
            self._wake.set()

        caught = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
        previous = {number: signal.signal(number, count) for number in caught}
        try:
            yield
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)


def _set_up_log() -> None:
    """Log as text, since `glasses up` shows the end of the log, unless JSON is configured."""
    try:
        if load_settings().log_format is LogFormat.JSON:
            configure_logging(logging.INFO, LogFormat.JSON)
            return
    except GlassesError:
        pass  # the caller loads the settings again and reports it
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)


def main() -> int:
    """Run a stack in this process and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m infra.local.supervisor")
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--workers", type=int, required=True)
    options = parser.parse_args()
    _set_up_log()
    logging.raiseExceptions = False  # a full disk must not turn log calls into tracebacks
    logging.getLogger("botocore").setLevel(logging.WARNING)
    home = options.home.resolve()
    try:
        with only_supervisor(home):
            Supervisor(home, options.workers, load_settings()).run()
    except GlassesError as error:
        _logger.error("%s", error)
        return error.exit_code
    except OSError as error:
        _logger.error("%s: %s", error.filename or home, error.strerror)
        return InfrastructureError.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())

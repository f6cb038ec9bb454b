"""`glasses scale` on the local stack: requests a number of processes and waits until they run.

The supervisor polls the requests several times per second.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from glasses.config.settings import load_settings
from glasses.config.stack_file import StackFile, read_stack
from glasses.errors import InfrastructureError
from glasses.ledger.redis_client import connect, redis_errors
from glasses.ledger.workers import live_workers
from infra.local import stack_processes
from infra.local.folder import LOGS, disk_trouble
from infra.local.requests import Kind, Request, ask, replaced_by
from infra.local.startup import UP_SECONDS
from infra.local.state import is_running, is_starting, supervisor_state
from infra.local.workers import check_processes

SCALE_SECONDS = stack_processes.WORKER_READY_SECONDS
_POLL_SECONDS = 0.1


def scale(
    home: Path, processes: int, notify: Callable[[str], None] = lambda _: None
) -> Request | None:
    """Set the total number of worker processes; return once they run.

    Surplus workers drain in the background: they finish their current chunks, then exit.

    Args:
        home: The stack's folder.
        processes: Number of worker processes in all.
        notify: Called with a line that says what the command is waiting for.

    Returns:
        The later request for another number that replaced this one; None if all are running.

    Raises:
        InfrastructureError: No stack is running, or the workers did not start.
        UsageError: The number is far too large for this machine.
    """
    check_processes(processes)
    home = home.resolve()
    _check_not_stopping(home)
    request = ask(home, Kind.SCALE, processes)
    if later := _wait_for_start(home, request, notify):
        return later
    deadline = time.monotonic() + SCALE_SECONDS
    while not _are_running(read_stack(home), processes):
        if later := _replaced(home, request):
            return later
        _check_not_stopping(home)
        if not is_running(home):
            raise InfrastructureError(
                "the local stack was stopped meanwhile; start it with `glasses up --detach`"
            )
        if time.monotonic() > deadline:
            raise InfrastructureError(
                f"not all of {processes} worker processes are running after {SCALE_SECONDS} s; "
                + (disk_trouble(home) or f"see {home / LOGS}")
            )
        time.sleep(_POLL_SECONDS)
    return None


def _wait_for_start(home: Path, request: Request, notify: Callable[[str], None]) -> Request | None:
    """Wait while `up` is starting the stack; return a later request that replaced this one."""
    deadline = time.monotonic() + UP_SECONDS
    notified = False
    while is_starting(home):
        if not notified:
            notify("waiting for `glasses up`, which is starting the local stack")
            notified = True
        if later := _replaced(home, request):
            return later
        if time.monotonic() > deadline:
            raise InfrastructureError(
                f"the local stack is still starting after {UP_SECONDS} s; see {home / LOGS}"
            )
        time.sleep(_POLL_SECONDS)
    return None


def _replaced(home: Path, request: Request) -> Request | None:
    later = replaced_by(home, request, Kind.DOWN)
    if later:
        raise InfrastructureError(f"replaced by a later `{later}`")
    return replaced_by(home, request, Kind.SCALE, Kind.UP)


def _check_not_stopping(home: Path) -> None:
    if supervisor_state(home) == stack_processes.STOPPING:
        raise InfrastructureError(
            "the local stack is being shut down; start it again with `glasses up --detach`"
        )


def _are_running(stack: StackFile | None, processes: int) -> bool:
    if stack is None or stack.workers != processes:
        return False
    pids = {
        entry["pid"]
        for name, entry in stack.processes.items()
        if stack_processes.role(name) == stack_processes.WORKER
        and entry.get("state") != stack_processes.DRAINING
    }
    settings = load_settings(**stack.settings)
    with redis_errors(settings), connect(settings) as redis:
        live = live_workers(redis)
    return processes == sum(
        worker.processes for worker in live if int(worker.worker_id.split(":")[-1]) in pids
    )

"""The processes of a stack: their names and states, how to find them, how to stop them in order."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from glasses.config import stack_file
from glasses.config.stack_file import read_stack
from infra.local.process import Identity, find_marked, is_alive, parent_pid, stop

SUPERVISOR = stack_file.SUPERVISOR
WORKER = "worker"
S3 = stack_file.S3
VALKEY = stack_file.VALKEY

STARTING = "starting"
READY = "ready"
STOPPING = "stopping"
"""States of the supervisor."""
DRAINING = "draining"
"""State of a worker that finishes its chunks before it exits."""

WORKER_READY_SECONDS = 90
WORKER_SECONDS = 40
"""Longer than the worker's soft shutdown."""
SERVER_SECONDS = 15
SUPERVISOR_SECONDS = WORKER_SECONDS + 2 * SERVER_SECONDS + 15


def worker_name(number: int) -> str:
    """Return the name of the first, second … worker."""
    return WORKER if number == 1 else f"{WORKER}-{number}"


def role(name: str) -> str:
    """Return the role of a process: `worker-2` has the role `worker`."""
    return name.partition("-")[0]


def find_processes(home: Path) -> list[tuple[str, Identity]]:
    """Return name and identity of all running processes of a stack except this one."""
    found = find_marked(home)
    stack = read_stack(home)
    for name, entry in (stack.processes if stack else {}).items():
        recorded = recorded_identity(entry)
        known = {identity.pid for _, identity in found}
        if recorded and recorded.pid not in known and name != SUPERVISOR and is_alive(recorded):
            found.append((name, recorded))
    return found


def leaders(home: Path) -> dict[str, Identity]:
    """Return the processes of a stack by name, without the children of each."""
    marked = find_marked(home)
    pids = {
        name: {identity.pid for other, identity in marked if other == name} for name, _ in marked
    }
    return {name: identity for name, identity in marked if parent_pid(identity) not in pids[name]}


def recorded_identity(entry: dict[str, object]) -> Identity | None:
    """Return the process of an entry of the stack file; None if it never started."""
    pid, started = entry.get("pid"), entry.get("started")
    if isinstance(pid, int) and isinstance(started, int | float):
        return Identity(pid, float(started))
    return None


def stop_processes(
    home: Path,
    worker_timeout: float = WORKER_SECONDS,
    hurry: Callable[[], bool] = lambda: False,
) -> list[str]:
    """Stop all processes of a stack except this one: supervisor, workers, S3, Valkey.

    Args:
        home: The stack's folder.
        worker_timeout: Seconds that workers may take to finish or return their chunks.
        hurry: Polled while waiting; True kills the workers at once.

    Returns:
        The roles that had running processes.
    """
    timeouts = {
        SUPERVISOR: SUPERVISOR_SECONDS,
        WORKER: worker_timeout,
        S3: SERVER_SECONDS,
        VALKEY: SERVER_SECONDS,
    }
    stopped = []
    for name, seconds in timeouts.items():
        processes = [identity for other, identity in find_processes(home) if role(other) == name]
        if not processes:
            continue
        # SIGTERM kills a pool process mid-chunk, while its parent lets the pool finish: only the
        # parent gets the signal.
        pids = {identity.pid for identity in processes}
        parents = [identity for identity in processes if parent_pid(identity) not in pids]
        children = [identity for identity in processes if identity not in parents]
        stop(parents, children, seconds, hurry)
        stopped.append(name)
    return stopped

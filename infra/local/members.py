"""Who belongs to a stack, and how all of them end, in the order that loses nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from glasses.stack_file import read_stack
from infra.local.processes import Identity, find_marked, is_alive, parent_pid, stop

SUPERVISOR = "supervisor"
WORKER = "worker"
S3 = "s3"
VALKEY = "valkey"

STARTING = "starting"
READY = "ready"
"""States of the supervisor."""
LEAVING = "leaving"
"""State of a worker host that finishes its chunks."""

WORKER_READY_SECONDS = 90
WORKER_SECONDS = 40
"""Longer than the worker's soft shutdown."""
SERVER_SECONDS = 15
SUPERVISOR_SECONDS = WORKER_SECONDS + 2 * SERVER_SECONDS + 15


def worker_name(number: int) -> str:
    """The name of the first, second … worker host."""
    return WORKER if number == 1 else f"{WORKER}-{number}"


def role(name: str) -> str:
    """What a member does: the hosts of workers have numbers."""
    return name.partition("-")[0]


def find_members(home: Path) -> list[tuple[str, Identity]]:
    """All living processes that are verifiably of a stack, but this one; with their names."""
    found = find_marked(home)
    stack = read_stack(home)
    for name, entry in (stack.processes if stack else {}).items():
        recorded = recorded_identity(entry)
        known = {identity.pid for _, identity in found}
        if recorded and recorded.pid not in known and name != SUPERVISOR and is_alive(recorded):
            found.append((name, recorded))
    return found


def recorded_identity(entry: dict[str, object]) -> Identity | None:
    """A process as the stack file names it."""
    pid, started = entry.get("pid"), entry.get("started")
    if isinstance(pid, int) and isinstance(started, int | float):
        return Identity(pid, float(started))
    return None


def stop_members(
    home: Path,
    worker_patience: float = WORKER_SECONDS,
    hurry: Callable[[], bool] = lambda: False,
) -> list[str]:
    """End all members but this process: supervisor, workers, S3, Valkey.

    Args:
        home: Their stack.
        worker_patience: Seconds that workers may take to finish or give back.
        hurry: Asked again and again; True kills the workers that are waited for.

    Returns:
        Names of those that were running.
    """
    patience = {
        SUPERVISOR: SUPERVISOR_SECONDS,
        WORKER: worker_patience,
        S3: SERVER_SECONDS,
        VALKEY: SERVER_SECONDS,
    }
    stopped = []
    for name, seconds in patience.items():
        crowd = [identity for who, identity in find_members(home) if role(who) == name]
        if not crowd:
            continue
        # A pool child dies of SIGTERM, its parent finishes: only the parent is asked.
        pids = {identity.pid for identity in crowd}
        leaders = [identity for identity in crowd if parent_pid(identity) not in pids]
        followers = [identity for identity in crowd if identity not in leaders]
        stop(leaders, followers, seconds, hurry)
        stopped.append(name)
    return stopped

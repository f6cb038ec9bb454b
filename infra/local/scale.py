"""`glasses scale` on the local stack: says how many processes are wanted, waits until they serve.

The supervisor looks at what is wanted several times a second.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

from glasses.errors import InfrastructureError
from glasses.redis_client import connect, redis_errors
from glasses.settings import load_settings
from glasses.stack_file import Stack, read_stack
from glasses.workers import live_workers
from infra.local import members
from infra.local.folder import LOGS, WANTED, write_private
from infra.local.stack import is_running
from infra.local.workers import check_processes

SCALE_SECONDS = members.WORKER_READY_SECONDS
_POLL_SECONDS = 0.1


def scale(home: Path, processes: int) -> None:
    """Have so many worker processes in all; returns once they serve.

    Hosts that leave have been told; they finish the chunks that they are at.

    Raises:
        InfrastructureError: No stack runs, or the workers do not come up.
        UsageError: They are far too many for this machine.
    """
    check_processes(processes)
    home = home.resolve()
    write_private(home / WANTED, json.dumps(processes))
    deadline = time.monotonic() + SCALE_SECONDS
    while not _serve(read_stack(home), processes):
        if not is_running(home):
            raise InfrastructureError("the local stack has ended meanwhile")
        if time.monotonic() > deadline:
            raise InfrastructureError(
                f"not all of {processes} worker processes serve after {SCALE_SECONDS} s; see "
                f"{home / LOGS}"
            )
        time.sleep(_POLL_SECONDS)


def wanted(home: Path) -> int | None:
    """How many processes somebody asked for; None if nobody has."""
    try:
        found = json.loads((home / WANTED).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, int) and found >= 0 else None


def _serve(stack: Stack | None, processes: int) -> bool:
    if stack is None or stack.workers != processes:
        return False
    staying = {
        entry["pid"]
        for name, entry in stack.processes.items()
        if members.role(name) == members.WORKER and entry.get("state") != members.LEAVING
    }
    settings = load_settings(**stack.settings)
    with redis_errors(settings), connect(settings) as redis:
        live = live_workers(redis)
    return processes == sum(
        worker.processes for worker in live if int(worker.worker_id.split(":")[-1]) in staying
    )

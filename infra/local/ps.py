"""The processes of a stack, for display."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from glasses.config.stack_file import StackFile, read_stack
from infra.local import stack_processes
from infra.local.process import Identity, process


@dataclass(frozen=True, slots=True)
class ProcessInfo:
    """A process of the stack, including its children.

    Attributes:
        name: Its name in the stack.
        pid: Process id; that of the last process if it is dead.
        state: running, starting, stopping, draining or dead.
        address: Where it listens; empty if it does not.
        uptime_seconds: Seconds since its start; None if it is dead.
        memory_mb: Resident memory in MB; shared pages count once where the system reports them.
        restarts: How often it was restarted.
    """

    name: str
    pid: int
    state: str
    address: str
    uptime_seconds: float | None
    memory_mb: float | None
    restarts: int


def ps(home: Path) -> list[ProcessInfo]:
    """Return the processes of the stack in a folder; empty if there is no stack.

    They are those of the stack file. If a full disk prevents updates of the file, processes that
    were started since are found by their mark.
    """
    home = home.resolve()
    stack = read_stack(home)
    if stack is None:
        return []
    marked = stack_processes.leaders(home)
    found = []
    for name in dict.fromkeys([*stack.processes, *marked]):
        entry = stack.processes.get(name, {})
        identity = stack_processes.recorded_identity(entry)
        if identity is None or process(identity) is None:
            identity = marked.get(name, identity)
        if identity:
            found.append(_info(name, identity, entry, _address(name, stack)))
    return found


def _info(name: str, identity: Identity, entry: dict[str, object], address: str) -> ProcessInfo:
    restarts = entry.get("restarts")
    running = process(identity)
    recorded = str(entry.get("state"))
    transient = {stack_processes.STARTING, stack_processes.STOPPING, stack_processes.DRAINING}
    state = (recorded if recorded in transient else "running") if running else "dead"
    return ProcessInfo(
        name=name,
        pid=identity.pid,
        state=state,
        address=address,
        uptime_seconds=max(0.0, time.time() - identity.started) if running else None,
        memory_mb=_memory(running, name) if running else None,
        restarts=restarts if isinstance(restarts, int) else 0,
    )


def _address(name: str, stack: StackFile) -> str:
    setting = {stack_processes.VALKEY: "redis_url", stack_processes.S3: "s3_endpoint"}.get(name, "")
    url = urlsplit(stack.settings.get(setting, ""))
    return f"{url.scheme}://{url.hostname}:{url.port}" if url.scheme else ""  # no password


def _memory(root: psutil.Process, name: str) -> float:
    total = 0
    try:
        # The supervisor's children have entries of their own.
        children = root.children(recursive=True) if name != stack_processes.SUPERVISOR else []
        for each in [root, *children]:
            try:
                memory = each.memory_full_info()
                total += getattr(memory, "pss", memory.rss)
            except psutil.Error:
                continue
    except psutil.Error:
        pass
    return total / 1e6

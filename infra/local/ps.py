"""The processes of a stack, for people."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from glasses.stack_file import Stack, read_stack
from infra.local import members
from infra.local.processes import Identity, process


@dataclass(frozen=True, slots=True)
class ProcessInfo:
    """A process of the stack, with its children.

    Attributes:
        name: Which one.
        pid: Its number; that of the last one if it is dead.
        state: running, starting, leaving or dead.
        address: Where it listens; empty if it does not.
        uptime_seconds: Since when it runs; None if it is dead.
        memory_mb: Resident memory in MB, shared pages counted once where the system can tell.
        restarts: How often it was started again.
    """

    name: str
    pid: int
    state: str
    address: str
    uptime_seconds: float | None
    memory_mb: float | None
    restarts: int


def ps(home: Path) -> list[ProcessInfo]:
    """The processes of the stack in a folder; empty if there is none."""
    stack = read_stack(home.resolve())
    if stack is None:
        return []
    found = []
    for name, entry in stack.processes.items():
        identity = members.recorded_identity(entry)
        if identity:
            found.append(_info(name, identity, entry, _address(name, stack)))
    return found


def _info(name: str, identity: Identity, entry: dict[str, object], address: str) -> ProcessInfo:
    restarts = entry.get("restarts")
    running = process(identity)
    said = str(entry.get("state"))
    passing = {members.STARTING, members.LEAVING}
    state = (said if said in passing else "running") if running else "dead"
    return ProcessInfo(
        name=name,
        pid=identity.pid,
        state=state,
        address=address,
        uptime_seconds=max(0.0, time.time() - identity.started) if running else None,
        memory_mb=_memory(running, name) if running else None,
        restarts=restarts if isinstance(restarts, int) else 0,
    )


def _address(name: str, stack: Stack) -> str:
    setting = {members.VALKEY: "redis_url", members.S3: "s3_endpoint"}.get(name, "")
    url = urlsplit(stack.settings.get(setting, ""))
    return f"{url.scheme}://{url.hostname}:{url.port}" if url.scheme else ""  # no password


def _memory(root: psutil.Process, name: str) -> float:
    total = 0
    try:
        # The supervisor's children are listed themselves.
        children = root.children(recursive=True) if name != members.SUPERVISOR else []
        for each in [root, *children]:
            try:
                memory = each.memory_full_info()
                total += getattr(memory, "pss", memory.rss)
            except psutil.Error:
                continue
    except psutil.Error:
        pass
    return total / 1e6

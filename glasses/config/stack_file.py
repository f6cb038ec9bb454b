"""Stack file: where the local stack publishes its endpoints for all other commands."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

HOME_VARIABLE = "GLASSES_HOME"
MARK_VARIABLE = "GLASSES_STACK_PROCESS"
"""Set in every process of a stack, which is found by it (`infra.local.process`)."""
STACK_FILE = "stack.json"
CREDENTIALS = "credentials.json"
"""Exists as long as the stack's data."""
SUPERVISOR = "supervisor"
VALKEY = "valkey"
S3 = "s3"
"""Names of the stack's processes in the file."""


@dataclass(frozen=True, slots=True)
class StackFile:
    """A running local stack.

    Attributes:
        settings: Endpoints and generated credentials, named as in `Settings`.
        processes: Pid and start time of each process, as
            `{"valkey": {"pid": 1, "started": 1700000000.0}}`. The start time detects a reused pid.
        workers: Desired number of worker processes.
    """

    settings: dict[str, str]
    processes: dict[str, dict[str, Any]] = field(default_factory=dict)
    workers: int = 0


def home() -> Path:
    """Return the local stack's folder: `$GLASSES_HOME`, or `~/.glasses`."""
    configured = os.environ.get(HOME_VARIABLE)
    if configured:
        return Path(configured)
    try:
        return Path.home() / ".glasses"
    except RuntimeError:  # a container's user without an entry in /etc/passwd
        return Path("/nonexistent/.glasses")


def read_stack(folder: Path) -> StackFile | None:
    """Read the stack file of a folder; return None if it is missing or damaged."""
    try:
        stack = StackFile(**json.loads((folder / STACK_FILE).read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    is_valid = isinstance(stack.settings, dict) and isinstance(stack.processes, dict)
    return stack if is_valid else None


def running_stack(folder: Path) -> StackFile | None:
    """Return the running stack of a folder; None if it is stopped or has crashed.

    After a crash, another user's process may listen on its ports and must not get the credentials.
    """
    stack = read_stack(folder)
    if stack is None:
        return None
    alive = {name for name, entry in stack.processes.items() if _is_alive(entry)}
    # The supervisor restarts missing servers; without it both must be running.
    return stack if SUPERVISOR in alive or {VALKEY, S3} <= alive else None


def _is_alive(entry: object) -> bool:
    """Return whether a process of this user has the recorded pid."""
    pid = entry.get("pid") if isinstance(entry, dict) else None
    if not isinstance(pid, int) or pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return not _is_zombie(pid)


def _is_zombie(pid: int) -> bool:
    """Return whether a process has ended and only waits for its parent; False if unknown."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text("utf-8")
    except OSError:
        return False
    return status.rpartition(")")[2].split()[:1] == ["Z"]


def keeps_data(folder: Path) -> bool:
    """Return whether a folder holds the data of a stopped stack."""
    return (folder / CREDENTIALS).exists() and running_stack(folder) is None


def write_stack(folder: Path, stack: StackFile) -> None:
    """Write the file atomically, readable only by its owner because it holds credentials.

    Raises:
        OSError: It cannot be written; the previous file is unchanged.
    """
    partial = folder / (STACK_FILE + ".partial")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(json.dumps(asdict(stack), indent=1))
        partial.replace(folder / STACK_FILE)
    finally:
        partial.unlink(missing_ok=True)


def remove_stack(folder: Path) -> None:
    """Delete the stack file."""
    (folder / STACK_FILE).unlink(missing_ok=True)

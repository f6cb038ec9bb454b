"""The state of the stack in a folder, as seen from other processes."""

from __future__ import annotations

from pathlib import Path

from glasses.config.stack_file import StackFile, read_stack
from infra.local import stack_processes
from infra.local.folder import STARTING_LOCK, SUPERVISOR_LOCK
from infra.local.lock import command_of_holder, holder
from infra.local.process import Identity
from infra.local.requests import is_wanted_down

UP_COMMAND = "glasses up"
DOWN_COMMAND = "glasses down"


def is_running(home: Path) -> bool:
    """Return whether a stack is running, starting or stopping."""
    return holder(home.resolve() / SUPERVISOR_LOCK) is not None


def is_starting(home: Path) -> bool:
    """Return whether `up` is currently starting a stack."""
    home = home.resolve()
    state = supervisor_state(home)
    if state is None:
        return command_of_holder(home / STARTING_LOCK) == UP_COMMAND
    return state == stack_processes.STARTING


def supervisor_state(home: Path) -> str | None:
    """Return the state that the running supervisor reports; None if none is running."""
    supervisor = holder(home / SUPERVISOR_LOCK)
    if supervisor is None:
        return None
    if is_wanted_down(home):
        return stack_processes.STOPPING
    entry = _entry(read_stack(home))
    # A file with another pid is that of an earlier supervisor.
    return (
        str(entry.get("state")) if entry.get("pid") == supervisor.pid else stack_processes.STARTING
    )


def ready_stack(home: Path, supervisor: Identity) -> StackFile | None:
    """Return the stack of a supervisor if it is ready and no `down` was requested."""
    if is_wanted_down(home):
        return None
    stack = read_stack(home)
    entry = _entry(stack)
    is_ready = entry.get("pid") == supervisor.pid and entry.get("state") == stack_processes.READY
    return stack if is_ready else None


def _entry(stack: StackFile | None) -> dict[str, object]:
    return stack.processes.get(stack_processes.SUPERVISOR, {}) if stack else {}

"""Waits until a stack is ready, or until it is clear that it will not be."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from glasses.config.stack_file import StackFile
from glasses.errors import InfrastructureError
from infra.local import stack_processes
from infra.local.folder import LOGS, SUPERVISOR_LOCK, log_file
from infra.local.lock import holder
from infra.local.logs import tail
from infra.local.process import Identity, is_alive
from infra.local.state import ready_stack, supervisor_state

UP_SECONDS = 2 * 60 + stack_processes.WORKER_READY_SECONDS + 30
"""Longer than the supervisor's own timeouts: this is for a supervisor that hangs."""
_POLL_SECONDS = 0.05
_TAIL_LINES = 24
"""Enough to include the end of the failed process's log, which the supervisor's log ends with."""
_AWAITED = {stack_processes.STARTING: "start", stack_processes.STOPPING: "stop"}

Notify = Callable[[str], None]
"""Called with a line that says what a command is waiting for."""


def wait_for_new(
    home: Path, supervisor: Identity, logged: int, give_up: Callable[[], None]
) -> StackFile:
    """Return the stack that a supervisor starts, once it is ready.

    Raises:
        InfrastructureError: It did not start. The message shows the supervisor's log after byte
            `logged`.
    """
    deadline = time.monotonic() + UP_SECONDS
    while time.monotonic() < deadline:
        give_up()
        # This order matters: the supervisor may exit between the two checks.
        alive = is_alive(supervisor)
        stack = ready_stack(home, supervisor)
        if stack:
            return stack
        if not alive:
            raise InfrastructureError(_not_started(home, logged))
        time.sleep(_POLL_SECONDS)
    raise InfrastructureError(_not_started(home, logged, f" within {UP_SECONDS} s"))


def wait_for_running(home: Path, notify: Notify, give_up: Callable[[], None]) -> StackFile | None:
    """Return the running stack once it is ready; None if none is running or it stops meanwhile.

    Raises:
        InfrastructureError: It is running, but its servers do not respond.
    """
    deadline = time.monotonic() + UP_SECONDS
    notified = None
    while supervisor := holder(home / SUPERVISOR_LOCK):
        give_up()
        stack = ready_stack(home, supervisor)
        if stack and _responds(stack):
            return stack
        if time.monotonic() > deadline:
            raise InfrastructureError(
                f"the local stack in {home} is running but does not respond; see {home / LOGS}. "
                "Stop it with `glasses down`, then start it again."
            )
        state = supervisor_state(home)
        if state in _AWAITED and state != notified:
            notify(f"waiting for the local stack to {_AWAITED[state]}")
            notified = state
        time.sleep(_POLL_SECONDS)
    return None


def _responds(stack: StackFile) -> bool:
    """Return whether both servers respond: they may have been killed a moment ago."""
    from infra.local.readiness import s3_listens, valkey_answers  # slow to import

    port = urlsplit(stack.settings["s3_endpoint"]).port
    return valkey_answers(stack.settings["redis_url"]) and s3_listens(port or 80)


def _not_started(home: Path, logged: int, when: str = "") -> str:
    log = log_file(home, stack_processes.SUPERVISOR)
    end = tail(log, logged, _TAIL_LINES)
    return f"the local stack did not start{when}. The end of {log}:\n{end}"

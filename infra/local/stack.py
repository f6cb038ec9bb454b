"""The local stack as the CLI sees it: up, down, and whether it runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from glasses.errors import InfrastructureError
from glasses.settings import Settings
from glasses.stack_file import Stack, read_stack, remove_stack
from infra.local import members, seaweed, valkey, workers
from infra.local.folder import LOGS, STARTING_LOCK, SUPERVISOR_LOCK, log_file, prepare
from infra.local.folder import purge as purge_folder
from infra.local.lock import LockBusyError, hold, holder
from infra.local.logs import tail
from infra.local.processes import Command, Identity, is_alive, start, stop

SUPERVISOR_MODULE = "infra.local.supervisor"
UP_SECONDS = 2 * 60 + members.WORKER_READY_SECONDS + 30
"""The supervisor gives up before: this is for one that hangs."""
ORPHAN_SECONDS = 10
"""For workers whose supervisor was killed: what they hold comes back by itself."""
_POLL_SECONDS = 0.05
_TAIL_LINES = 24
"""The supervisor's log ends with the end of the log of what failed."""


@dataclass(frozen=True, slots=True)
class Up:
    """What `up` found or made.

    Attributes:
        stack: The stack, serving.
        already_running: It ran before, perhaps with another number of workers.
    """

    stack: Stack
    already_running: bool


def up(home: Path, worker_processes: int, settings: Settings) -> Up:
    """Start the stack in the background, unless it runs; returns when it really works.

    That is: an object was put and read, and a message went through queue and worker.

    Args:
        home: The stack's folder; created if need be.
        worker_processes: Workers; 0 for none.
        settings: All but the endpoints are handed on to the workers.

    Raises:
        InfrastructureError: It did not start: shows the end of a log; everything has ended again.
        UsageError: The servers are not installed, or the workers are far too many.
    """
    home = home.resolve()
    _check_extra()
    workers.check_processes(worker_processes)
    prepare(home)
    with _starting(home):
        running = _wait_for_running(home)
        if running:
            return Up(running, already_running=True)
        _clean(home)
        log = log_file(home, members.SUPERVISOR)
        logged = log.stat().st_size if log.exists() else 0
        supervisor = start(_supervisor_command(home, worker_processes, settings), home)
        try:
            return Up(_wait_for_new(home, supervisor, logged), already_running=False)
        except BaseException:
            members.stop_members(home, worker_patience=0)
            remove_stack(home)
            raise


def run_foreground(
    home: Path,
    worker_processes: int,
    settings: Settings,
    on_ready: Callable[[Up], None] = lambda _: None,
) -> None:
    """Run the stack in this process, until SIGINT or SIGTERM; if it runs, only say so.

    Must be called in the main thread.

    Args:
        home: The stack's folder; created if need be.
        worker_processes: Workers; 0 for none.
        settings: All but the endpoints are handed on to the workers.
        on_ready: Called once it works.

    Raises:
        InfrastructureError: It did not start: shows the end of a log; everything has ended again.
        UsageError: The servers are not installed.
    """
    from infra.local.supervisor import Supervisor, only_supervisor  # slow to import

    home = home.resolve()
    _check_extra()
    prepare(home)
    with ExitStack() as running:
        with _starting(home):
            found = _wait_for_running(home)
            if found:
                on_ready(Up(found, already_running=True))
                return
            _clean(home)
            running.enter_context(only_supervisor(home))
        Supervisor(
            home,
            worker_processes,
            settings,
            lambda stack: on_ready(Up(stack, already_running=False)),
        ).run()


def down(home: Path, purge: bool = False) -> list[str]:
    """End the stack: workers finish or give back, then the servers.

    Args:
        home: The stack's folder.
        purge: Remove data, credentials and logs too (nothing else in the folder).

    Returns:
        Names of the processes that were running; empty if none was.

    Raises:
        InfrastructureError: Somebody else starts or ends it at this moment.
    """
    home = home.resolve()
    if not home.is_dir():
        return []
    with _starting(home):
        running = [name for name, _ in members.find_members(home)]
        supervisor = holder(home / SUPERVISOR_LOCK)
        if supervisor:
            stop([supervisor], patience=members.SUPERVISOR_SECONDS)
        _clean(home)
        if purge:
            purge_folder(home)
    names = {*running, *([members.SUPERVISOR] if supervisor else [])}
    return sorted(names)


def is_running(home: Path) -> bool:
    """Whether a stack runs, or is just starting."""
    return holder(home.resolve() / SUPERVISOR_LOCK) is not None


def _check_extra() -> None:
    valkey.binary()
    seaweed.binary()


def _clean(home: Path) -> None:
    """End what a killed supervisor left behind."""
    members.stop_members(home, worker_patience=ORPHAN_SECONDS)
    seaweed.remove_sockets(home)
    remove_stack(home)


def _supervisor_command(home: Path, worker_processes: int, settings: Settings) -> Command:
    arguments = ["--home", str(home), "--workers", str(worker_processes)]
    return Command(
        members.SUPERVISOR,
        [*workers.module(SUPERVISOR_MODULE), *arguments],
        env={
            **workers.environment(settings, without=workers.ENDPOINTS),
            **workers.own_environment(home),
        },
    )


def _wait_for_new(home: Path, supervisor: Identity, logged: int) -> Stack:
    deadline = time.monotonic() + UP_SECONDS
    while time.monotonic() < deadline:
        # First whether it lives, then what it wrote: it may end between the two.
        alive = is_alive(supervisor)
        stack = _ready_stack(home, supervisor)
        if stack:
            return stack
        if not alive:
            raise InfrastructureError(_not_started(home, logged))
        time.sleep(_POLL_SECONDS)
    raise InfrastructureError(_not_started(home, logged, f" within {UP_SECONDS} s"))


def _wait_for_running(home: Path) -> Stack | None:
    """The stack that runs, once it serves; None if there is none, or it ends meanwhile."""
    deadline = time.monotonic() + UP_SECONDS
    while supervisor := holder(home / SUPERVISOR_LOCK):
        stack = _ready_stack(home, supervisor)
        if stack and _serves(stack):
            return stack
        if time.monotonic() > deadline:
            raise InfrastructureError(
                f"the local stack in {home} runs but does not serve; see {home / LOGS}. "
                "End it with `glasses down`, then start it again."
            )
        time.sleep(_POLL_SECONDS)
    return None


def _ready_stack(home: Path, supervisor: Identity) -> Stack | None:
    stack = read_stack(home)
    entry = stack.processes.get(members.SUPERVISOR, {}) if stack else {}
    is_ready = entry.get("pid") == supervisor.pid and entry.get("state") == members.READY
    return stack if is_ready else None


def _serves(stack: Stack) -> bool:
    """Whether the servers answer: they may have been killed a moment ago."""
    from infra.local.readiness import s3_listens, valkey_answers  # slow to import

    port = urlsplit(stack.settings["s3_endpoint"]).port
    return valkey_answers(stack.settings["redis_url"]) and s3_listens(port or 80)


def _not_started(home: Path, logged: int, when: str = "") -> str:
    log = log_file(home, members.SUPERVISOR)
    end = tail(log, logged, _TAIL_LINES)
    return f"the local stack did not start{when}. The end of {log}:\n{end}"


@contextmanager
def _starting(home: Path) -> Iterator[None]:
    try:
        with hold(home / STARTING_LOCK, UP_SECONDS):
            yield
    except LockBusyError:
        raise InfrastructureError(
            f"another `glasses up` or `glasses down` has been busy with {home} for "
            f"{UP_SECONDS} s. End it, then run this again."
        ) from None

"""`glasses up` and `glasses down`: start and stop the local stack, one command at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from glasses.config.settings import Settings
from glasses.config.stack_file import StackFile, remove_stack
from glasses.errors import InfrastructureError
from infra.local import seaweed, stack_processes, valkey, workers
from infra.local.folder import STARTING_LOCK, SUPERVISOR_LOCK, log_file, prepare
from infra.local.folder import purge as purge_folder
from infra.local.limits import check_limits
from infra.local.lock import LockBusyError, hold, holder
from infra.local.process import Command, start, stop
from infra.local.requests import Kind, Request, ask, draw, record, replaced_by
from infra.local.startup import UP_SECONDS, Notify, wait_for_new, wait_for_running
from infra.local.state import DOWN_COMMAND, UP_COMMAND

SUPERVISOR_MODULE = "infra.local.supervisor"
ORPHAN_SECONDS = 10
"""For workers whose supervisor was killed; their chunks are queued again when the leases expire."""


@dataclass(frozen=True, slots=True)
class StackInfo:
    """The result of `up`.

    Attributes:
        stack: The running stack.
        already_running: The stack was running before, perhaps with another number of workers.
    """

    stack: StackFile
    already_running: bool


def up(
    home: Path, worker_processes: int, settings: Settings, notify: Notify = lambda _: None
) -> StackInfo:
    """Start the stack in the background unless it is running; return when it is ready.

    Ready means: an object was put and read, and a worker answered a ping.

    Args:
        home: The stack's folder; created if needed.
        worker_processes: Number of worker processes; 0 for none.
        settings: All except the endpoints are passed on to the workers.
        notify: Called with a line that says what the command is waiting for.

    Raises:
        InfrastructureError: The stack did not start and was shut down again; the message shows the
            end of a log. Or a later `down` replaced this request.
        UsageError: The servers are not installed, or the number of processes is far too large.
    """
    home = home.resolve()
    _check_installed()
    workers.check_processes(worker_processes)
    check_limits(worker_processes)
    prepare(home)
    request = draw(home, Kind.UP, worker_processes)

    def give_up() -> None:
        _give_up_for_down(home, request)

    with _starting(home, UP_COMMAND, notify, give_up):
        running = wait_for_running(home, notify, give_up)
        if running:
            return StackInfo(running, already_running=True)
        _clean(home)
        record(home, request)
        log = log_file(home, stack_processes.SUPERVISOR)
        logged = log.stat().st_size if log.exists() else 0
        supervisor = start(_supervisor_command(home, worker_processes, settings), home)
        try:
            return StackInfo(wait_for_new(home, supervisor, logged, give_up), already_running=False)
        except BaseException:
            stack_processes.stop_processes(home, worker_timeout=0)
            remove_stack(home)
            raise


def run_foreground(
    home: Path,
    worker_processes: int,
    settings: Settings,
    on_ready: Callable[[StackInfo], None] = lambda _: None,
    notify: Notify = lambda _: None,
) -> None:
    """Run the stack in this process until SIGINT or SIGTERM; return at once if it is running.

    Must be called from the main thread.

    Args:
        home: The stack's folder; created if needed.
        worker_processes: Number of worker processes; 0 for none.
        settings: All except the endpoints are passed on to the workers.
        on_ready: Called once the stack is ready, or if it is already running.
        notify: Called with a line that says what the command is waiting for.

    Raises:
        InfrastructureError: The stack did not start and was shut down again; the message shows the
            end of a log. Or a later `down` replaced this request.
        UsageError: The servers are not installed, or the number of processes is far too large.
    """
    from infra.local.supervisor import Supervisor, only_supervisor  # slow to import

    home = home.resolve()
    _check_installed()
    workers.check_processes(worker_processes)
    check_limits(worker_processes)
    prepare(home)
    request = draw(home, Kind.UP, worker_processes)

    def give_up() -> None:
        _give_up_for_down(home, request)

    with ExitStack() as running:
        with _starting(home, UP_COMMAND, notify, give_up):
            found = wait_for_running(home, notify, give_up)
            if found:
                on_ready(StackInfo(found, already_running=True))
                return
            _clean(home)
            record(home, request)
            running.enter_context(only_supervisor(home))
        Supervisor(
            home,
            worker_processes,
            settings,
            lambda stack: on_ready(StackInfo(stack, already_running=False)),
        ).run()


def down(home: Path, purge: bool = False, notify: Notify = lambda _: None) -> list[str]:
    """Stop the stack: first the workers, which finish or return their chunks, then the servers.

    Args:
        home: The stack's folder.
        purge: Also delete data, credentials and logs (nothing else in the folder).
        notify: Called with a line that says what the command is waiting for.

    Returns:
        Names of the processes that were running; empty if there were none.

    Raises:
        InfrastructureError: Another command is starting or stopping the stack and does not finish.
    """
    home = home.resolve()
    if not home.is_dir():
        return []
    with suppress(InfrastructureError, OSError):  # stop the stack even if the disk is full
        ask(home, Kind.DOWN)  # makes a waiting or starting `up` give up and release the lock
    with _starting(home, DOWN_COMMAND, notify):
        running = [name for name, _ in stack_processes.find_processes(home)]
        supervisor = holder(home / SUPERVISOR_LOCK)
        if supervisor:
            stop([supervisor], timeout=stack_processes.SUPERVISOR_SECONDS)
        _clean(home)
        if purge:
            purge_folder(home)
    names = {*running, *([stack_processes.SUPERVISOR] if supervisor else [])}
    return sorted(names)


def _check_installed() -> None:
    valkey.binary()
    seaweed.binary()


def _clean(home: Path) -> None:
    """Stop and remove what a killed supervisor left behind."""
    stack_processes.stop_processes(home, worker_timeout=ORPHAN_SECONDS)
    seaweed.remove_sockets(home)
    remove_stack(home)


def _supervisor_command(home: Path, worker_processes: int, settings: Settings) -> Command:
    arguments = ["--home", str(home), "--workers", str(worker_processes)]
    return Command(
        stack_processes.SUPERVISOR,
        [*workers.module(SUPERVISOR_MODULE), *arguments],
        env={
            **workers.environment(settings, without=workers.ENDPOINTS),
            **workers.own_environment(home),
        },
    )


def _give_up_for_down(home: Path, request: Request) -> None:
    """Raise if a later `down` replaced this `up`."""
    if later := replaced_by(home, request, Kind.DOWN):
        raise InfrastructureError(f"replaced by a later `{later}`")


@contextmanager
def _starting(
    home: Path, command: str, notify: Notify, give_up: Callable[[], None] = lambda: None
) -> Iterator[None]:
    def on_wait(holder: str) -> None:
        notify(f"waiting for {holder} to finish")

    try:
        with hold(home / STARTING_LOCK, UP_SECONDS, command, on_wait, give_up):
            yield
    except LockBusyError:
        raise InfrastructureError(
            f"another `glasses up` or `glasses down` has been working on {home} for "
            f"{UP_SECONDS} s. Stop it, then run this again."
        ) from None

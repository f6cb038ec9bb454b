"""Processes: start them detached, know them again, stop them politely.

A process is known by its pid and its start time, so that a recycled pid is nobody we know. Each
also carries `GLASSES_STACK_MEMBER=NAME@HOME` in its environment (and so do its children), so that
it is found even if whoever started it died before writing down its pid.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from infra.local.extra import missing_extra
from infra.local.folder import log_file

try:
    import psutil
except ImportError:
    raise missing_extra("psutil") from None

MARK = "GLASSES_STACK_MEMBER"
KILL_SECONDS = 10
"""How long a killed process may take to vanish."""
_POLL_SECONDS = 0.02
_CLOCK_STEP_SECONDS = 1.0
"""Start times are counted from the boot; what that was may wobble."""
_LOG_LIMIT = 16 * 2**20
_WRAPPER = Path(__file__).with_name("with_parent.py")

_children: dict[int, subprocess.Popen[bytes]] = {}


@dataclass(frozen=True, slots=True)
class Identity:
    """One process, never another one with the same pid.

    Attributes:
        pid: Its number.
        started: When it started, in seconds since 1970.
    """

    pid: int
    started: float


@dataclass(frozen=True, slots=True)
class Command:
    """How to start a member of the stack.

    Attributes:
        name: Its name, and its log's.
        argv: Program and arguments: everybody can read them, so nothing secret.
        env: What it finds in its environment beside ours.
        cwd: Where it runs; ours if None.
    """

    name: str
    argv: list[str]
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: Path | None = None


def start(command: Command, home: Path, die_with_parent: bool = False) -> Identity:
    """Start a process in a session of its own; its output is appended to its log.

    Args:
        command: What to start.
        home: The stack that it is a member of.
        die_with_parent: Kill it if this process dies (Linux only).
    """
    log = log_file(home, command.name)
    if log.exists() and log.stat().st_size > _LOG_LIMIT:
        log.replace(log.with_suffix(".log.1"))
    argv = command.argv
    if die_with_parent and sys.platform == "linux":
        argv = [sys.executable, "-I", "-S", str(_WRAPPER), str(os.getpid()), *argv]
    with log.open("ab") as output:
        child = subprocess.Popen(
            argv,
            cwd=command.cwd,
            env={**os.environ, **command.env, MARK: f"{command.name}@{home}"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    _children[child.pid] = child
    identity = identify(child.pid)
    assert identity, "a child that nobody has waited for is there, dead or alive"
    return identity


def identify(pid: int) -> Identity | None:
    """The process that has a pid now."""
    try:
        return Identity(pid, psutil.Process(pid).create_time())
    except psutil.Error:
        return None


def is_alive(identity: Identity) -> bool:
    """Whether a process runs (a zombie does not)."""
    child = _children.get(identity.pid)
    if child is None:
        return process(identity) is not None
    if child.poll() is None:
        return True
    del _children[identity.pid]
    return False


def process(identity: Identity) -> psutil.Process | None:
    """Psutil's view of a process that runs."""
    try:
        found = psutil.Process(identity.pid)
        same = abs(found.create_time() - identity.started) < _CLOCK_STEP_SECONDS
        return found if same and not _is_dead(found) else None
    except psutil.Error:
        return None


def stop(
    leaders: Iterable[Identity],
    followers: Iterable[Identity] = (),
    patience: float = 10,
    hurry: Callable[[], bool] = lambda: False,
) -> None:
    """End processes: ask the leaders, wait for all, kill what is left.

    Args:
        leaders: Those that are asked (SIGTERM).
        followers: Those that end by themselves when their leader does.
        patience: Seconds to wait before killing.
        hurry: Asked again and again; True ends the waiting.
    """
    asked = list(leaders)
    everybody = [*asked, *followers]
    for identity in asked:
        _send(identity, signal.SIGTERM)
    left = _wait(everybody, patience, hurry)
    for identity in left:
        _send(identity, signal.SIGKILL)
    _wait(left, KILL_SECONDS, lambda: False)


def ask_to_end(identity: Identity) -> None:
    """SIGTERM, without waiting."""
    _send(identity, signal.SIGTERM)


def find_marked(home: Path) -> list[tuple[str, Identity]]:
    """All living processes that carry the mark of a stack, but this one; with their names."""
    found = []
    for candidate in psutil.process_iter():
        try:
            if candidate.pid == os.getpid() or candidate.uids().real != os.getuid():
                continue
            name, _, folder = candidate.environ().get(MARK, "").partition("@")
            identity = Identity(candidate.pid, candidate.create_time())
        except (psutil.Error, OSError):
            continue
        if folder == str(home) and is_alive(identity):
            found.append((name, identity))
    return found


def parent_pid(identity: Identity) -> int | None:
    """The pid of a process' parent."""
    found = process(identity)
    try:
        return found.ppid() if found else None
    except psutil.Error:
        return None


def _is_dead(found: psutil.Process) -> bool:
    # The first thread may be a zombie while others still hold the ports.
    return bool(found.status() == psutil.STATUS_ZOMBIE and found.num_threads() <= 1)


def _send(identity: Identity, number: signal.Signals) -> None:
    found = process(identity)
    if found:
        try:
            found.send_signal(number)
        except psutil.NoSuchProcess:
            return


def _wait(identities: list[Identity], seconds: float, hurry: Callable[[], bool]) -> list[Identity]:
    deadline = time.monotonic() + seconds
    while left := [identity for identity in identities if is_alive(identity)]:
        if time.monotonic() > deadline or hurry():
            break
        time.sleep(_POLL_SECONDS)
    return left

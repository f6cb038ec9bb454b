"""Processes: start them detached, identify them reliably, stop them gracefully.

A process is identified by its pid and its start time: a recycled pid does not match. Each process
and its children also carry `GLASSES_STACK_PROCESS=NAME@HOME` in their environment. They are found
by this mark even if the process that started them died before it recorded their pids.
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
from typing import BinaryIO

from glasses.config.extras import local_extra_missing
from glasses.config.stack_file import MARK_VARIABLE
from infra.local.folder import log_file

try:
    import psutil
except ImportError:
    raise local_extra_missing("psutil") from None

KILL_SECONDS = 10
"""How long a killed process may take to disappear."""
_POLL_SECONDS = 0.02
_CLOCK_STEP_SECONDS = 1.0
"""Tolerance for start times, which the system derives from an estimated boot time."""
_LOG_LIMIT = 16 * 2**20
_WRAPPER = Path(__file__).with_name("with_parent.py")

_children: dict[int, subprocess.Popen[bytes]] = {}


@dataclass(frozen=True, slots=True)
class Identity:
    """One process, distinguished from others that had or will have the same pid.

    Attributes:
        pid: Process id.
        started: Start time, Unix time in seconds.
    """

    pid: int
    started: float


@dataclass(frozen=True, slots=True)
class Command:
    """How to start a process of the stack.

    Attributes:
        name: Name of the process and of its log.
        argv: Program and arguments. Every user can read them: they must not contain secrets.
        env: Variables added to the current environment.
        cwd: Working directory; the current one if None.
    """

    name: str
    argv: list[str]
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: Path | None = None


def start(command: Command, home: Path, die_with_parent: bool = False) -> Identity:
    """Start a process in its own session and append its output to its log.

    Args:
        command: What to start.
        home: Folder of the stack that the process belongs to.
        die_with_parent: Kill the process if this one dies (Linux only).

    Raises:
        OSError: The system refuses, for example for lack of memory.
    """
    argv = command.argv
    if die_with_parent and sys.platform == "linux":
        argv = [sys.executable, "-I", "-S", str(_WRAPPER), str(os.getpid()), *argv]
    with _open_log(log_file(home, command.name)) as output:
        child = subprocess.Popen(
            argv,
            cwd=command.cwd,
            env={**os.environ, **command.env, MARK_VARIABLE: f"{command.name}@{home}"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            umask=0o077,  # for files, and for the sockets that SeaweedFS creates in /tmp
        )
    _children[child.pid] = child
    identity = identify(child.pid)
    assert identity, "the pid of a child exists until it is waited for"
    return identity


def _open_log(log: Path) -> BinaryIO:
    """Open a log for appending; fall back to /dev/null if the disk is full."""
    try:
        if log.exists() and log.stat().st_size > _LOG_LIMIT:
            log.replace(log.with_suffix(".log.1"))
        return log.open("ab")
    except OSError:
        return Path(os.devnull).open("ab")


def identify(pid: int) -> Identity | None:
    """Return the process that currently has a pid; None if there is none."""
    try:
        return Identity(pid, psutil.Process(pid).create_time())
    except psutil.Error:
        return None


def is_alive(identity: Identity) -> bool:
    """Return whether a process is running; zombies are not."""
    child = _children.get(identity.pid)
    if child is None:
        return process(identity) is not None
    if child.poll() is None:
        return True
    del _children[identity.pid]
    return False


def process(identity: Identity) -> psutil.Process | None:
    """Return psutil's object for a running process; None if it is not running."""
    try:
        found = psutil.Process(identity.pid)
        is_same = abs(found.create_time() - identity.started) < _CLOCK_STEP_SECONDS
        return found if is_same and not _is_dead(found) else None
    except psutil.Error:
        return None


def stop(
    leaders: Iterable[Identity],
    followers: Iterable[Identity] = (),
    timeout: float = 10,
    hurry: Callable[[], bool] = lambda: False,
) -> None:
    """Stop processes: send SIGTERM to the leaders, wait for all, kill those that remain.

    Args:
        leaders: Processes that get SIGTERM.
        followers: Processes that exit when their leader does.
        timeout: Seconds to wait before SIGKILL.
        hurry: Polled while waiting; True stops the wait.
    """
    signalled = list(leaders)
    for identity in signalled:
        _send(identity, signal.SIGTERM)
    remaining = _wait([*signalled, *followers], timeout, hurry)
    for identity in remaining:
        _send(identity, signal.SIGKILL)
    _wait(remaining, KILL_SECONDS, lambda: False)


def terminate(identity: Identity) -> None:
    """Send SIGTERM without waiting."""
    _send(identity, signal.SIGTERM)


def find_marked(home: Path) -> list[tuple[str, Identity]]:
    """Return name and identity of all other running processes with the mark of a stack."""
    found = []
    for candidate in psutil.process_iter():
        try:
            if candidate.pid == os.getpid() or candidate.uids().real != os.getuid():
                continue
            name, _, folder = candidate.environ().get(MARK_VARIABLE, "").partition("@")
            identity = Identity(candidate.pid, candidate.create_time())
        except (psutil.Error, OSError):
            continue
        if folder == str(home) and is_alive(identity):
            found.append((name, identity))
    return found


def parent_pid(identity: Identity) -> int | None:
    """Return the pid of a process's parent; None if the process is not running."""
    found = process(identity)
    try:
        return found.ppid() if found else None
    except psutil.Error:
        return None


def _is_dead(found: psutil.Process) -> bool:
    # The main thread may be a zombie while other threads still hold the ports.
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
    while remaining := [identity for identity in identities if is_alive(identity)]:
        if time.monotonic() > deadline or hurry():
            break
        time.sleep(_POLL_SECONDS)
    return remaining

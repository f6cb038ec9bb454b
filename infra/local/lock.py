"""File locks between processes; the kernel releases them when the holder dies."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from infra.local.process import Identity, identify

_POLL_SECONDS = 0.05
_NOTIFY_SECONDS = 0.5
"""Shorter waits are not reported."""


class LockBusyError(Exception):
    """Another process holds the lock."""


@contextmanager
def hold(
    path: Path,
    wait_seconds: float,
    command: str = "",
    on_wait: Callable[[str], None] = lambda _: None,
    give_up: Callable[[], None] = lambda: None,
) -> Iterator[None]:
    """Hold a lock and write the holder's pid and command into its file.

    Args:
        path: The lock file; created if needed.
        wait_seconds: How long to wait for the lock.
        command: The command that holds the lock, for the messages of waiting commands.
        on_wait: Called once after a short wait, with a description of the holder.
        give_up: Polled while waiting; raises an exception to stop waiting.

    Raises:
        LockBusyError: The lock was not released within `wait_seconds`.
    """
    started = time.monotonic()
    notified = False
    while (descriptor := _try(path)) is None:
        waited = time.monotonic() - started
        if waited > wait_seconds:
            raise LockBusyError(str(path))
        if waited > _NOTIFY_SECONDS and not notified:
            on_wait(_describe_holder(path))
            notified = True
        give_up()
        time.sleep(_POLL_SECONDS)
    try:
        me = identify(os.getpid())
        with suppress(OSError):  # on a full disk the lock still works without its content
            os.ftruncate(descriptor, 0)
            content = [me.pid, me.started, command] if me else None
            os.write(descriptor, json.dumps(content).encode())
        yield
    finally:
        os.close(descriptor)


def holder(path: Path) -> Identity | None:
    """Return the process that holds a lock; None if it is free."""
    found = _holder(path)
    return found[0] if found else None


def command_of_holder(path: Path) -> str | None:
    """Return the command that holds a lock; None if it is free."""
    found = _holder(path)
    return found[1] if found else None


def _holder(path: Path) -> tuple[Identity, str] | None:
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read(descriptor)
    else:
        return None
    finally:
        os.close(descriptor)


def _read(descriptor: int) -> tuple[Identity, str] | None:
    for _ in range(20):  # the holder may not have written its content yet
        try:
            pid, started, command = json.loads(os.pread(descriptor, 200, 0))
            return Identity(pid, started), str(command)
        except (ValueError, TypeError):
            time.sleep(_POLL_SECONDS)
    return None


def _describe_holder(path: Path) -> str:
    found = _holder(path)
    if not found:
        return "another process"
    identity, command = found
    return f"`{command}` (process {identity.pid})" if command else f"process {identity.pid}"


def _try(path: Path) -> int | None:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # A purge may have deleted the file meanwhile: a lock on it would exclude nobody.
        if os.path.samestat(os.fstat(descriptor), os.stat(path)):
            return descriptor
    except (BlockingIOError, FileNotFoundError):
        pass
    os.close(descriptor)
    return None

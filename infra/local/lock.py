"""Locks between processes that free themselves when their holder dies, however it dies."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.local.processes import Identity, identify

_POLL_SECONDS = 0.05


class LockBusyError(Exception):
    """Somebody else holds the lock."""


@contextmanager
def hold(path: Path, wait_seconds: float) -> Iterator[None]:
    """Hold a lock; the file says who does.

    Raises:
        LockBusyError: It was not free within the time.
    """
    deadline = time.monotonic() + wait_seconds
    while (descriptor := _try(path)) is None:
        if time.monotonic() > deadline:
            raise LockBusyError(str(path))
        time.sleep(_POLL_SECONDS)
    try:
        me = identify(os.getpid())
        os.ftruncate(descriptor, 0)
        os.write(descriptor, json.dumps([me.pid, me.started] if me else None).encode())
        yield
    finally:
        os.close(descriptor)


def holder(path: Path) -> Identity | None:
    """The process that holds a lock; None while it is free."""
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


def _read(descriptor: int) -> Identity | None:
    for _ in range(20):  # its holder may be just about to write
        try:
            pid, started = json.loads(os.pread(descriptor, 200, 0))
            return Identity(pid, started)
        except (ValueError, TypeError):
            time.sleep(_POLL_SECONDS)
    return None


def _try(path: Path) -> int | None:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # A purge may have removed the file meanwhile: a lock on it would hold nobody back.
        if os.path.samestat(os.fstat(descriptor), os.stat(path)):
            return descriptor
    except (BlockingIOError, FileNotFoundError):
        pass
    os.close(descriptor)
    return None

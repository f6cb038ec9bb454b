"""Checks the system's limits on this user's processes before the stack starts."""

from __future__ import annotations

import os
import resource
from contextlib import suppress

import psutil

from glasses.errors import InfrastructureError

MIN_OPEN_FILES = 512
"""Per process. The S3 server has 80 files open before its first request."""
_OPEN_FILES = 4096
"""The soft limit is raised to this where the hard limit allows it."""
_BASE_THREADS = 64
"""Threads of both servers and the supervisor."""
_WORKER_THREADS = 16
"""Threads of one worker process."""
_PROCESSES = 4096
"""A limit of this many processes needs no further check."""


def check_limits(worker_processes: int) -> None:
    """Check that a stack fits into the limits; raise the soft limit on open files if needed.

    Raises:
        InfrastructureError: A limit is too low; names it and the command that raises it.
    """
    _check_open_files()
    if os.geteuid():  # root is exempt from the limit on processes
        _check_processes(_BASE_THREADS + _WORKER_THREADS * worker_processes)


def _check_open_files() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    target = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, _OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < target:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (target, hard))
            soft = target
    if soft != resource.RLIM_INFINITY and soft < MIN_OPEN_FILES:
        raise InfrastructureError(
            f"the limit on open files is {soft}; the local stack needs at least "
            f"{MIN_OPEN_FILES}: run `ulimit -n 1024`, or ask an administrator to raise it"
        )


def _check_processes(needed: int) -> None:
    soft, _ = resource.getrlimit(resource.RLIMIT_NPROC)
    if soft == resource.RLIM_INFINITY or soft >= _PROCESSES:
        return
    used = _threads_of_user()
    if soft - used < needed:
        raise InfrastructureError(
            f"the limit on processes and threads is {soft}, of which {used} are in use; the local "
            f"stack needs {needed} more: run `ulimit -u {_PROCESSES}`, or ask an administrator "
            "to raise it"
        )


def _threads_of_user() -> int:
    count = 0
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.uids().real == os.getuid():
                count += process.num_threads()
    return count

"""Settings of glibc and OpenMP that must be in the environment before Python starts."""

from __future__ import annotations

import os
import sys

KEEP = {
    "MALLOC_MMAP_THRESHOLD_": "2000000000",
    "MALLOC_TRIM_THRESHOLD_": "8000000000",
    "MALLOC_TOP_PAD_": "200000000",
}
"""Without these, glibc returns every large activation to the kernel, which zeroes it again: a third
of the training speed on a CPU."""
WAIT = {"OMP_WAIT_POLICY": "PASSIVE"}
"""Threads that wait for each other sleep. By default they spin: on a machine that does anything
else, they take the cores from the threads that they wait for, and training nearly stops."""


def keep_memory() -> None:
    """Restart this process with these settings, unless they are set.

    Both libraries read the variables before Python runs, so setting them is not enough. Call this
    before anything else.
    """
    settings = KEEP | WAIT
    if not sys.platform.startswith("linux") or all(name in os.environ for name in settings):
        return
    os.environ.update(settings | {name: os.environ[name] for name in WAIT if name in os.environ})
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])

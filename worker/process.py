"""What makes the processes of a worker small and quick: before the fork, and after it."""

from __future__ import annotations

import ctypes
import gc
import importlib
import resource
import sys

import billiard.pool
import billiard.util
import cv2

from worker import file_pages

MIB = 2**20
SWITCH_SECONDS = 0.1
"""Fetching threads wait until the pipeline lets go of the interpreter by itself, which it does
several times a photo, before they take it away. Python's own 5 ms cost more CPU."""

_LATE = ("billiard.popen_fork", "billiard.synchronize", "encodings.idna", "importlib.readers")
"""What each process would load for itself otherwise: its start, and the first connection."""

_LAST_WORDS = 20
"""Tenths of a second in which a process that ends expects its parent to hear of its last chunk."""

_M_ARENA_MAX = -8  # malloc.h
_MALLOC_ARENAS = 1


def _glibc() -> ctypes.CDLL | None:
    """The C library, where it is glibc."""
    library = ctypes.CDLL(None) if sys.platform == "linux" else None
    return library if hasattr(library, "malloc_trim") else None


_libc = _glibc()


def before_load() -> None:
    """Before the pipeline is loaded and warmed up.

    Processes are the unit of parallelism; and a process that is forked from one in which threads
    of OpenCV have begun waits for ever when it next calls them.
    """
    cv2.setNumThreads(1)


def before_fork() -> None:
    """Keep what is loaded in pages that children share: no collector touches it from now on."""
    for module in _LATE:
        importlib.import_module(module)
    _spare_cffi()
    _end_soon()
    gc.collect()
    trim()
    gc.freeze()
    file_pages.let_go()


def trim() -> None:
    """Give back what is free: too slow beside the work, but loading and starting need a lot."""
    if _libc is not None:
        _libc.malloc_trim(0)


def _spare_cffi() -> None:
    """Let each new process ask the kernel for the end with its parent as where cffi is missing.

    With it, billiard (4.3.2, `util.set_pdeathsig`) has a C declaration parsed in each, which takes
    some MB.
    """
    billiard.util.ctypes = ctypes
    sys.modules.pop("cffi", None)


def _end_soon() -> None:
    """Let a process that is told to end not wait for half a minute.

    If its parent is told so just after it has handed out a chunk, it forgets the chunk before it
    hears that the process has begun (celery 5.6.3, `AsynPool.flush`), and never counts its result,
    for which the process waits (billiard 4.3.2, `Worker._ensure_messages_consumed`). The verdicts
    are in the ledger by then.
    """
    billiard.pool.GUARANTEE_MESSAGE_CONSUMPTION_RETRY_LIMIT = _LAST_WORDS


def after_fork(megabytes: int) -> None:
    """Settle in a new process.

    Args:
        megabytes: What it may have of its own.
    """
    limit_memory(megabytes)
    # An arena for each fetching thread holds on to photos that are long gone.
    if _libc is not None:
        _libc.mallopt(_M_ARENA_MAX, _MALLOC_ARENAS)
    sys.setswitchinterval(SWITCH_SECONDS)


def limit_memory(megabytes: int) -> None:
    """Bound this process's own data from now on; what exceeds it gets a MemoryError.

    Linux counts every private writable page here (`setrlimit(2)`, RLIMIT_DATA, since 4.7), but
    not the code and the model that all processes share.
    """
    limit = megabytes * MIB
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    if hard != resource.RLIM_INFINITY:
        limit = min(limit, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))

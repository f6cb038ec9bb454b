"""Memory: how much a worker host uses, and how free memory returns to the kernel."""

from __future__ import annotations

import ctypes
import os
import sys
from functools import cache
from pathlib import Path

_KIB = 1024
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8  # malloc.h
_MALLOC_ARENAS = 1


def host_memory_mb() -> float | None:
    """Return the memory of this process and its children in MB, each shared page counted once.

    Reads /proc rather than psutil, which workers do not need otherwise.

    Returns:
        The sum of proportional set sizes (PSS); None where the kernel does not report them.
    """
    me = os.getpid()
    try:
        children = Path(f"/proc/{me}/task/{me}/children").read_text().split()
        return sum(_pss(Path("/proc") / pid) for pid in [str(me), *children]) / 1e6
    except (OSError, ValueError):
        return None


def _pss(process: Path) -> int:
    try:
        lines = (process / "smaps_rollup").read_text().splitlines()
    except (ProcessLookupError, FileNotFoundError):
        if process.name == str(os.getpid()):
            raise
        return 0  # it has just exited
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) * _KIB


def trim_heap() -> None:
    """Return free heap memory to the kernel.

    This is too slow to run between photos, but loading and startup leave a lot of free memory.
    """
    library = _glibc()
    if library is not None:
        library.malloc_trim(0)


def keep_heap_small(large: int = 128 * _KIB) -> None:
    """Allocate large blocks apart from the heap, so that they return to the kernel when freed.

    Args:
        large: Size in bytes from which on a block is large. By default glibc raises it to the size
            of each such block that is freed.
    """
    library = _glibc()
    if library is not None:
        library.mallopt(_M_MMAP_THRESHOLD, large)
        library.mallopt(_M_TRIM_THRESHOLD, 2 * large)


def use_one_arena() -> None:
    """Make all threads of this process allocate from one arena.

    With an arena per thread, each fetching thread would hold on to memory of photos that are gone.
    """
    library = _glibc()
    if library is not None:
        library.mallopt(_M_ARENA_MAX, _MALLOC_ARENAS)


@cache
def _glibc() -> ctypes.CDLL | None:
    """Return the C library if it is glibc, else None."""
    library = ctypes.CDLL(None) if sys.platform == "linux" else None
    return library if hasattr(library, "malloc_trim") else None

"""Startup of a worker's processes: what runs before the model loads, before and after the fork."""

from __future__ import annotations

import gc
import importlib
import logging
import sys

import cv2

from worker.processes.limits import MAX_MB, limit_memory, worker_memory
from worker.service import celery_patches, page_cache
from worker.service.memory import keep_heap_small, trim_heap, use_one_arena

_log = logging.getLogger(__name__)
_memory_mb = MAX_MB

SWITCH_SECONDS = 0.1
"""Interval after which a waiting thread may take the interpreter. The pipeline releases it several
times per photo anyway, so fetching threads can wait for that. Python's default of 5 ms costs more
CPU."""

LARGE_BLOCK = 4 << 20
"""Bytes from which on a process returns a freed block to the kernel. The next photo needs smaller
ones again."""

_LATE_IMPORTS = (
    "billiard.popen_fork",
    "billiard.synchronize",
    "encodings.idna",
    "importlib.readers",
)
"""Modules that each process would otherwise import at its start and its first connection."""


def before_load() -> None:
    """Configure OpenCV before the pipeline is loaded and warmed up.

    Processes are the unit of parallelism. A process forked after OpenCV has started threads would
    also hang in its next call to OpenCV.
    """
    cv2.setNumThreads(1)


def before_fork() -> None:
    """Prepare memory for sharing: exclude all loaded objects from garbage collection."""
    for module in _LATE_IMPORTS:
        importlib.import_module(module)
    celery_patches.before_fork()
    gc.collect()
    trim_heap()
    gc.freeze()
    page_cache.drop_page_cache()


def choose_memory_limit(configured: int | None, processes: int) -> None:
    """Choose the memory limit of each process, and warn if the container's limit is too low.

    Args:
        configured: The setting `process_memory_mb`.
        processes: Number of processes of this worker.
    """
    global _memory_mb
    _memory_mb, group = worker_memory(configured, processes)
    if group is not None and _memory_mb * processes > group:
        _log.warning(
            "each of %d processes may use %d MiB, but their control group has %d MiB: raise its "
            "limit, or large photos may make the kernel kill processes",
            processes,
            _memory_mb,
            group,
        )


def after_fork() -> None:
    """Set the limits of a new process."""
    limit_memory(_memory_mb)
    keep_heap_small(LARGE_BLOCK)
    use_one_arena()
    sys.setswitchinterval(SWITCH_SECONDS)

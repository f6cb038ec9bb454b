"""Memory limits: of a process, and what this machine or container has available."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

MIB = 2**20
MAX_MB = 3072
"""Limit of a process that decodes photos, if nothing restricts it further."""
MIN_MB = 512
"""Minimum for photos of a phone: a process uses 300 MB before its first photo."""
_RESERVED_MB = 256
"""Reserved for the process that reads the photos and writes the rows."""
_CGROUPS = Path("/sys/fs/cgroup")
_UNLIMITED = 2**62
"""With cgroup v1, a group without a limit has a number near 2**63."""


def limit_memory(megabytes: int) -> None:
    """Limit this process's private memory. Allocations beyond it raise MemoryError.

    Linux counts every private writable page (`setrlimit(2)`, RLIMIT_DATA, since 4.7), but not the
    code and the model that all processes share.

    Args:
        megabytes: The limit in MiB.
    """
    limit = megabytes * MIB
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    if hard != resource.RLIM_INFINITY:
        limit = min(limit, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))


def worker_memory(configured: int | None, processes: int) -> tuple[int, int | None]:
    """Return the memory limit of a worker's process, and that of its control group, in MiB.

    The kernel kills a process of a control group that exceeds the group's limit, which costs a
    run of the whole chunk. A process that reaches its own limit first loses only one photo.

    Args:
        configured: The setting `process_memory_mb`; None derives the limit from the control group.
        processes: Number of processes of the worker.
    """
    sizes = [size for size in map(_limit, _cgroups()) if size is not None]
    group = min(sizes) // MIB if sizes else None
    if configured is not None or group is None:
        return configured or MAX_MB, group
    return min(MAX_MB, max(MIN_MB, (group - _RESERVED_MB) // processes)), group


@cache
def memory_per_process(most: int, processes: int) -> int:
    """Return the memory that each of several processes may use, in MiB.

    The answer is cached for the program's lifetime.

    Args:
        most: Upper limit.
        processes: Number of processes that run at the same time.
    """
    sizes = (_machine_available(), *map(_available, _cgroups()))
    available = [size for size in sizes if size is not None]
    if not available:
        return most
    return min(most, max(MIN_MB, (min(available) // MIB - _RESERVED_MB) // processes))


def _machine_available() -> int | None:
    """Return the memory that the kernel can provide without swapping, in bytes."""
    found = _read_values(Path("/proc/meminfo"))
    return found["MemAvailable:"] * 1024 if "MemAvailable:" in found else None


@dataclass(frozen=True, slots=True)
class _Cgroup:
    """A control group: its folder, and the names of its files and of one value."""

    folder: Path
    limit: str
    usage: str
    cache: str


def _cgroups() -> Iterator[_Cgroup]:
    """Yield the control groups of this process and their parents."""
    try:
        lines = Path("/proc/self/cgroup").read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, name = line.split(":", 2)
        if not controllers:  # cgroup v2
            top, names = _CGROUPS, ("memory.max", "memory.current", "inactive_file")
        elif "memory" in controllers.split(","):
            top = _CGROUPS / "memory"
            names = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
        else:
            continue
        own = top / name.lstrip("/")
        for folder in {top, own, *own.parents}:  # a container sees only the top
            if folder.is_relative_to(top):
                yield _Cgroup(folder, *names)


def _limit(group: _Cgroup) -> int | None:
    """Return the memory that a group may use, in bytes; None if it has no limit."""
    most = _read_number(group.folder / group.limit)
    return most if most is not None and most < _UNLIMITED else None


def _available(group: _Cgroup) -> int | None:
    """Return the memory that is left in a group, in bytes."""
    most, used = (_read_number(group.folder / name) for name in (group.limit, group.usage))
    if most is None or used is None:
        return None
    return most - used + _read_values(group.folder / "memory.stat").get(group.cache, 0)


def _read_number(file: Path) -> int | None:
    try:
        return int(file.read_text())
    except (OSError, ValueError):  # no such group, or `max`
        return None


def _read_values(file: Path) -> dict[str, int]:
    """Read a file whose lines hold a name and a number."""
    try:
        lines = [line.split() for line in file.read_text().splitlines()]
    except OSError:
        return {}
    return {line[0]: int(line[1]) for line in lines if len(line) > 1}

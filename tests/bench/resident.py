"""Memory of processes: together, private, and at the peak."""

from __future__ import annotations

import mmap
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import psutil

_IN_MEMORY_AND_OF_FILE = np.uint64(1 << 63 | 1 << 61)
"""Bits of an entry of /proc/PID/pagemap: page is present, and page belongs to a file or is shared.

See the kernel's admin-guide/mm/pagemap.
"""


def total_memory_mb(processes: Iterable[psutil.Process]) -> float:
    """Return the memory of several processes in MB, each shared page counted once.

    The sum of their proportional set sizes (PSS) would be too small: a page of a library is divided
    among all processes that map it, including processes that are not in the list.

    Args:
        processes: Has to include all processes that were forked from each other.
    """
    anonymous = 0
    files: dict[str, list[npt.NDArray[np.int64]]] = {}
    for process in processes:
        kib = _kib(process.pid)
        anonymous += 1024 * (kib["Pss_Anon:"] + kib["Pss_Shmem:"])
        for path, pages in _file_pages(process.pid):
            files.setdefault(path, []).append(pages)
    pages = sum(len(np.unique(np.concatenate(some))) for some in files.values())
    return (anonymous + pages * mmap.PAGESIZE) / 1e6


def private_memory_mb(process: psutil.Process) -> float:
    """Return the private memory of a process (unique set size, USS) in MB."""
    return process.memory_full_info().uss / 1e6


def peak_bytes(pid: int) -> float:
    """Return the peak resident memory of a process in bytes; 0 if it has exited."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return sum(1024.0 * int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))


def _kib(pid: int) -> dict[str, int]:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return {name: int(size) for name, size, *_ in map(str.split, lines[1:])}


def _file_pages(pid: int) -> Iterator[tuple[str, npt.NDArray[np.int64]]]:
    """Yield the file of each mapping, and the indices of its unmodified pages in memory."""
    with Path(f"/proc/{pid}/pagemap").open("rb") as pagemap:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            addresses, _, offset, _, _, *path = line.split(maxsplit=5)
            if not path or not path[0].startswith("/"):
                continue
            start, end = (int(text, 16) // mmap.PAGESIZE for text in addresses.split("-"))
            pagemap.seek(8 * start)
            entries = np.frombuffer(pagemap.read(8 * (end - start)), dtype=np.uint64)
            is_of_file = entries & _IN_MEMORY_AND_OF_FILE == _IN_MEMORY_AND_OF_FILE
            yield path[0], np.flatnonzero(is_of_file) + int(offset, 16) // mmap.PAGESIZE

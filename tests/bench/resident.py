"""What processes hold of memory together, as if they were alone on the machine."""

from __future__ import annotations

import mmap
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import psutil

_WANTED = np.uint64(1 << 63 | 1 << 61)
"""Bits of an entry of /proc/PID/pagemap (the kernel's admin-guide/mm/pagemap): a page is in memory,
and it is a file's own or shared."""


def held(processes: Iterable[psutil.Process]) -> float:
    """MB that the processes hold, each page once.

    Their proportional shares (PSS) are too small for this: a page of a library is divided by all
    processes that map it, those too which are not asked about.

    Args:
        processes: With all those forked from them, or that they were forked from.
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


def own(process: psutil.Process) -> float:
    """MB that no other process has."""
    kib = _kib(process.pid)
    return (kib["Private_Clean:"] + kib["Private_Dirty:"]) * 1024 / 1e6


def _kib(pid: int) -> dict[str, int]:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return {name: int(size) for name, size, *_ in map(str.split, lines[1:])}


def _file_pages(pid: int) -> Iterator[tuple[str, npt.NDArray[np.int64]]]:
    """Each mapping's file, and which of the file's pages this process has, as they are on disk."""
    with Path(f"/proc/{pid}/pagemap").open("rb") as pagemap:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            addresses, _, offset, _, _, *path = line.split(maxsplit=5)
            if not path or not path[0].startswith("/"):
                continue
            start, end = (int(text, 16) // mmap.PAGESIZE for text in addresses.split("-"))
            pagemap.seek(8 * start)
            entries = np.frombuffer(pagemap.read(8 * (end - start)), dtype=np.uint64)
            as_on_disk = entries & _WANTED == _WANTED
            yield path[0], np.flatnonzero(as_on_disk) + int(offset, 16) // mmap.PAGESIZE

"""Page cache: unmaps file pages that loading touched and classification rarely needs."""

from __future__ import annotations

import ctypes
import re
import sys
from collections.abc import Iterator
from pathlib import Path

_MADV_DONTNEED = 4  # madvise(2)
_MAPPING = re.compile(r"([0-9a-f]+)-([0-9a-f]+) r-.p \S+ \S+ \S+ +/")
_SMAPS = Path("/proc/self/smaps")


def drop_page_cache() -> None:
    """Drop unmodified file pages from this process; pages that are needed again are mapped again.

    Loading reads far more of the libraries than classification does. The kernel keeps the pages in
    its cache while memory is free, as for any file. Does nothing outside Linux.
    """
    if sys.platform != "linux" or not _SMAPS.exists():
        return
    madvise = ctypes.CDLL(None).madvise
    madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    for start, end in list(_only_read(_SMAPS.read_text())):
        madvise(start, end - start, _MADV_DONTNEED)  # only advice, so a failure does no harm


def _only_read(smaps: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of private file mappings without modified pages, which can be dropped.

    Args:
        smaps: The text of /proc/PID/smaps, see proc_pid_smaps(5).
    """
    mapping = None
    for line in smaps.splitlines():
        if "-" in line.split(" ", 1)[0]:
            mapping = _MAPPING.match(line)
        elif mapping and line.split() == ["Anonymous:", "0", "kB"]:
            yield int(mapping[1], 16), int(mapping[2], 16)

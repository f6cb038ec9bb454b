"""Pages of libraries' files that loading touched and work hardly does."""

from __future__ import annotations

import ctypes
import re
import sys
from collections.abc import Iterator
from pathlib import Path

_MADV_DONTNEED = 4  # madvise(2)
_MAPPING = re.compile(r"([0-9a-f]+)-([0-9a-f]+) r-.p \S+ \S+ \S+ +/")
_SMAPS = Path("/proc/self/smaps")


def let_go() -> None:
    """Take what was only read of files out of this process; what is wanted again comes back.

    Loading reads far more of the libraries than work does. The kernel keeps the pages in its cache
    as long as there is room, as those of any file. Linux only.
    """
    if sys.platform != "linux" or not _SMAPS.exists():
        return
    madvise = ctypes.CDLL(None).madvise
    madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    for start, end in list(_only_read(_SMAPS.read_text())):
        madvise(start, end - start, _MADV_DONTNEED)  # advice: no harm if it is not taken


def _only_read(smaps: str) -> Iterator[tuple[int, int]]:
    """Addresses of a file's mappings that are as in the file: nothing in them can be lost.

    Args:
        smaps: See proc_pid_smaps(5).
    """
    mapping = None
    for line in smaps.splitlines():
        if "-" in line.split(" ", 1)[0]:
            mapping = _MAPPING.match(line)
        elif mapping and line.split() == ["Anonymous:", "0", "kB"]:
            yield int(mapping[1], 16), int(mapping[2], 16)

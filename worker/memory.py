"""How much memory a worker host takes, each shared page counted once."""

from __future__ import annotations

import os
from pathlib import Path

_KIB = 1024


def host_memory_mb() -> float | None:
    """PSS of this process and its children, in MB; None where the kernel does not tell."""
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
        return 0  # it has just ended
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) * _KIB

"""Checks of this machine: disk space and package versions."""

from __future__ import annotations

import platform
import shutil
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from producer.doctor.finding import CheckState, Finding

LOW_MB, LEAST_MB = 2048, 256
"""Free MB below which to warn, and below which to fail."""
_PACKAGE = "people-with-glasses"


def disk(folders: Iterable[Path]) -> Finding:
    """Check the free disk space of folders."""
    free = {folder: shutil.disk_usage(folder).free >> 20 for folder in folders}
    says = ", ".join(f"{mb / 1024:.1f} GB free in {folder}" for folder, mb in free.items())
    least = min(free.values())
    if least >= LOW_MB:
        return Finding("disk", CheckState.OK, says)
    state = CheckState.WARNING if least >= LEAST_MB else CheckState.FAILED
    todo = "free disk space: `glasses rm JOB` and `glasses down --purge` remove photos"
    return Finding("disk", state, says, todo)


def versions() -> Finding:
    """Check that the pinned versions of the dependencies are installed."""
    says = [f"glasses {_version(_PACKAGE)}", f"Python {platform.python_version()}"]
    mismatched = []
    for line in requires(_PACKAGE) or () if _version(_PACKAGE) != "?" else ():
        name, _, pinned = line.partition("==")
        if pinned and ";" not in line:
            installed = _version(name)
            says.append(f"{name} {installed}")
            if installed != pinned.strip():
                mismatched.append(line)
    if mismatched:
        todo = f"pip install {' '.join(repr(line) for line in mismatched)}"
        return Finding("versions", CheckState.WARNING, ", ".join(says), todo)
    return Finding("versions", CheckState.OK, ", ".join(says))


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "?"

"""This machine: room on its disks, versions."""

from __future__ import annotations

import platform
import shutil
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from glasses.checkup.finding import Finding, State

LOW_MB, LEAST_MB = 2048, 256
"""Free MB below which to warn, and below which nothing can be relied on."""
_PACKAGE = "people-with-glasses"


def disk(folders: Iterable[Path]) -> Finding:
    """Whether there is room where this runs and where the local stack lies."""
    free = {folder: shutil.disk_usage(folder).free >> 20 for folder in folders}
    says = ", ".join(f"{mb / 1024:.1f} GB free in {folder}" for folder, mb in free.items())
    least = min(free.values())
    if least >= LOW_MB:
        return Finding("disk", State.OK, says)
    state = State.WARNING if least >= LEAST_MB else State.FAILED
    todo = "make room: `glasses rm JOB` and `glasses down --purge` remove photos"
    return Finding("disk", state, says, todo)


def versions() -> Finding:
    """Whether the packages that are verified together are those installed."""
    says = [f"glasses {_version(_PACKAGE)}", f"Python {platform.python_version()}"]
    wrong = []
    for line in requires(_PACKAGE) or () if _version(_PACKAGE) != "?" else ():
        name, _, wanted = line.partition("==")
        if wanted and ";" not in line:
            found = _version(name)
            says.append(f"{name} {found}")
            if found != wanted.strip():
                wrong.append(line)
    if wrong:
        todo = f"pip install {' '.join(repr(line) for line in wrong)}"
        return Finding("versions", State.WARNING, ", ".join(says), todo)
    return Finding("versions", State.OK, ", ".join(says))


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "?"

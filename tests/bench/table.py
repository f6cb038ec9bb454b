"""Figures -> one table; and a line of the history."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
HISTORY = ROOT / "docs" / "bench-history.jsonl"
GOALS = {
    "portraits: photos/s": ">= 165",
    "phone: photos/s": ">= 50",
    "groups: photos/s": ">= 30",
    "classify: faces/s": ">= 1400",
    "stack: stack / bare": ">= 0.80",
    "stack: in place, stack / bare": ">= 0.80",
    "stack: CPU overhead": "<= 0.05",
    "stack: in place, CPU overhead": "<= 0.05",
    "stack: MB of a worker's first process": "<= 150",
    "stack: MB of each further process": "<= 40",
}
REFERENCE = ", reference"
"""Ends the names of figures that stand in the reference's column."""

Figures = Mapping[str, float | str]


def table(figures: Figures) -> str:
    """Name, ours, the reference's, goal."""
    lines = [f"{'':<44}{'ours':>12}{'reference':>12}  goal"]
    for name, value in figures.items():
        if name.endswith(REFERENCE):
            continue
        theirs = figures.get(name + REFERENCE, "")
        line = f"{name:<44}{_text(value):>12}{_text(theirs):>12}  {GOALS.get(name, '')}"
        lines.append(line.rstrip())
    return "\n".join(lines) + "\n"


def record(figures: Figures, history: Path = HISTORY) -> None:
    """Append a line that says what was measured, when, where and of which commit."""
    with history.open("a", encoding="utf-8") as file:
        file.write(json.dumps(_about() | {"figures": figures}) + "\n")


def write(path: Path, figures: Mapping[str, Any]) -> None:
    """Write a bench's figures to a file of their own, with the same said of them and how it ran."""
    path.parent.mkdir(parents=True, exist_ok=True)
    said = _about() | {"arguments": sys.argv[1:], "figures": figures}
    path.write_text(json.dumps(said, indent=2) + "\n")


def _about() -> dict[str, Any]:
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit(),
        "machine": machine(),
    }


def commit() -> str:
    """The checkout's commit, with a plus if files differ from it; empty outside of one."""
    command = ["git", "-C", str(ROOT), "describe", "--always", "--abbrev=12", "--dirty=+"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def machine() -> dict[str, Any]:
    """What the figures depend on: kind of processor, cores, Python."""
    processor = platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        names = [line for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        processor = names[0].partition(":")[2].strip() if names else processor
    return {
        "processor": processor,
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
    }


def _text(value: float | str) -> str:
    if isinstance(value, str):
        return value
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"

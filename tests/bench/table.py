"""Output of the benchmarks: a table of figures, files, and lines of the history."""

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
BASELINE = ", reference"
"""Suffix of the figures of the baseline, which the table shows in a separate column."""

Figures = Mapping[str, float | str]


def table(figures: Figures) -> str:
    """Return a table with one row per figure: name, our value, the baseline's, goal."""
    lines = [f"{'':<44}{'ours':>12}{'baseline':>12}  goal"]
    for name, value in figures.items():
        if name.endswith(BASELINE):
            continue
        baseline = figures.get(name + BASELINE, "")
        line = f"{name:<44}{_text(value):>12}{_text(baseline):>12}  {GOALS.get(name, '')}"
        lines.append(line.rstrip())
    return "\n".join(lines) + "\n"


def record(figures: Figures, history: Path = HISTORY) -> None:
    """Append the figures to the history, with date, machine and commit."""
    with history.open("a", encoding="utf-8") as file:
        file.write(json.dumps(_context() | {"figures": figures}) + "\n")


def write(path: Path, figures: Mapping[str, Any]) -> None:
    """Write figures to a file, with date, machine, commit and command line arguments."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = _context() | {"arguments": sys.argv[1:], "figures": figures}
    path.write_text(json.dumps(content, indent=2) + "\n")


def _context() -> dict[str, Any]:
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit(),
        "machine": machine(),
    }


def commit() -> str:
    """Return the commit of the checkout, with a plus if files changed; "" without a checkout."""
    command = ["git", "-C", str(ROOT), "describe", "--always", "--abbrev=12", "--dirty=+"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def machine() -> dict[str, Any]:
    """Return what the figures depend on: processor, cores, load and Python version."""
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

"""Generate the performance figures of README.md from the last line of docs/bench-history.jsonl."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

HISTORY = Path(__file__).parent / "bench-history.jsonl"
README = Path(__file__).parents[1] / "README.md"
_BLOCK = re.compile(r"(<!-- speed: .*? -->\n).*?(<!-- speed: end -->\n)", re.DOTALL)
_PHOTO_SETS = {
    "portraits": "portraits, 0.5 megapixels",
    "phone": "phone photos, 12 megapixels, 1 MB",
    "phone, fine": "phone photos, 12 megapixels, 2 MB",
    "groups": "groups of twelve people",
}


def readme() -> str:
    """Return README.md with the figures that were recorded last.

    Raises:
        ValueError: The comments that mark the block are missing.
    """
    text, count = _BLOCK.subn(lambda found: found[1] + section(_last()) + found[2], _read())
    if count != 1:
        raise ValueError(
            "README.md: the comments `<!-- speed: … -->` and `<!-- speed: end -->` are missing"
        )
    return text


def section(recorded: dict[str, Any]) -> str:
    """Return a recorded benchmark as a table and a paragraph."""
    figures, machine = recorded["figures"], recorded["machine"]
    lines = ["| photos | photos/s per core | baseline |", "|---|---|---|"]
    for name, label in _PHOTO_SETS.items():
        rate = figures.get(f"{name}: photos/s")
        if rate is None:  # older records do not have every set of photos
            continue
        baseline = figures[f"{name}: photos/s, reference"]
        lines.append(f"| {label} | {rate:.0f} | {baseline:.1f} |")
    return "\n".join(lines) + (
        f"\n\nWith servers and {figures['stack: processes']} worker processes: "
        f"{figures['stack: stack photos/s']:.0f} portraits/s from submission to the last verdict,\n"
        f"{figures['stack: stack / bare']:.0%} of the throughput of the same cores without servers"
        f"{_in_place(figures)}.\n"
        f"Measured on {machine['processor']}, {machine['cores']} cores, {recorded['date'][:10]}, "
        f"commit {recorded['commit'][:7]}, with `make bench ARGS=--record`.\n"
    )


def _in_place(figures: dict[str, Any]) -> str:
    ratio = figures.get("stack: in place, stack / bare")
    if ratio is None:  # older records do not have it
        return ""
    rate = figures["stack: in place, stack photos/s"]
    return f";\n{rate:.0f} ({ratio:.0%}) if photos are read in place (`submit --in-place`)"


def _last() -> dict[str, Any]:
    recorded: dict[str, Any] = json.loads(HISTORY.read_text("utf-8").splitlines()[-1])
    return recorded


def _read() -> str:
    return README.read_text("utf-8")

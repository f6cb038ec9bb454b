"""README.md's figures of speed: the last line of docs/bench-history.jsonl."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

HISTORY = Path(__file__).parent / "bench-history.jsonl"
README = Path(__file__).parents[1] / "README.md"
_PLACE = re.compile(r"(<!-- speed: .*? -->\n).*?(<!-- speed: end -->\n)", re.DOTALL)
_PILES = {
    "portraits": "portraits of half a megapixel",
    "phone": "12 megapixels of a phone, 1 MB",
    "phone, fine": "the same, 2 MB",
    "groups": "groups of twelve",
}


def readme() -> str:
    """README.md with the figures that were recorded last.

    Raises:
        ValueError: It has no place for them.
    """
    text, count = _PLACE.subn(lambda found: found[1] + section(_last()) + found[2], _read())
    if count != 1:
        raise ValueError("README.md lacks the comments between which the figures of speed stand")
    return text


def section(recorded: dict[str, Any]) -> str:
    """A recorded bench as a table and a sentence."""
    figures, machine = recorded["figures"], recorded["machine"]
    lines = ["| photos | photos/s on one core | the way of 2020 |", "|---|---|---|"]
    for name, what in _PILES.items():
        rate = figures.get(f"{name}: photos/s")
        if rate is None:  # recorded before there was this pile
            continue
        theirs = figures[f"{name}: photos/s, reference"]
        lines.append(f"| {what} | {rate:.0f} | {theirs:.1f} |")
    return "\n".join(lines) + (
        f"\n\nWith servers and {figures['stack: processes']} worker processes: "
        f"{figures['stack: stack photos/s']:.0f} portraits/s from submission to last verdict,\n"
        f"{figures['stack: stack / bare']:.0%} of what the same cores do without servers"
        f"{_in_place(figures)}. "
        f"({machine['processor']}, {machine['cores']} cores, {recorded['date'][:10]}, commit "
        f"{recorded['commit'][:7]}, `make bench ARGS=--record`.)\n"
    )


def _in_place(figures: dict[str, Any]) -> str:
    ratio = figures.get("stack: in place, stack / bare")
    if ratio is None:  # recorded before photos could stay in place
        return ""
    rate = figures["stack: in place, stack photos/s"]
    return f"; {rate:.0f} ({ratio:.0%}) with photos that stay\nin place (`submit --in-place`)"


def _last() -> dict[str, Any]:
    recorded: dict[str, Any] = json.loads(HISTORY.read_text("utf-8").splitlines()[-1])
    return recorded


def _read() -> str:
    return README.read_text("utf-8")

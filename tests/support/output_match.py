"""Compare the output shown on a page with a real one, ignoring what differs between runs."""

from __future__ import annotations

import platform
import re
from pathlib import Path

ANYTHING = "…"
HOME = "/home/you"
HOST = "laptop"

_RULES = (
    (r"\b[0-9a-f]{12,}\b", "HASH"),
    (r"\b(mobilenet_\w+?|proposal|cascade)-\d+\b", "MODEL"),
    (r"\b\d+(\.\d+){2,}\b", "VERSION"),
    (r"\b\d\d:\d\d(:\d\d)?\b", "TIME"),
    (r"(?<=:)\d{2,5}\b", "PORT"),
    (r"[-+]?\d+\.\d+", "NUMBER"),
    (r"\b\d+(?= (s|ms|min|h|kB|MB|GB|px|photos/s)\b)", "NUMBER"),
    (r"\b\d{4,}\b", "NUMBER"),
    (r"\b[a-z2-7]{8}\b", "ID"),
    (r"[ \t]+", " "),
)


def plain(text: str) -> list[str]:
    """Return the lines without what differs between runs; small integers stay."""
    lines = []
    for line in text.splitlines():
        if "━" in line or not line.strip():  # progress bars, which end in an empty line
            continue
        for pattern, word in _RULES:
            line = re.sub(pattern, word, line)
        lines.append(line.strip())
    return lines


def with_neutral_names(text: str, folder: Path) -> str:
    """Return the output as it would be in another home on another machine."""
    text = text.replace(str(folder), HOME)
    return re.sub(rf"\b{re.escape(platform.node())}\b", HOST, text) if platform.node() else text


def matches(shown: str, actual: str) -> bool:
    """Return whether the output shown on a page matches.

    Args:
        shown: `…` alone on a line stands for any lines, within a line for any text.
        actual: The output of the command.
    """
    pattern = ""
    for line in plain(shown):
        if line == ANYTHING:
            pattern += r"(?:.*\n)*?"
        else:
            pattern += ".*".join(map(re.escape, line.split(ANYTHING))) + r"\n"
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in plain(actual))) is not None

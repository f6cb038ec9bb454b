"""What a page shows against what came: the same but for what no two runs have in common."""

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
    """Lines without what differs from run to run; small whole numbers stay."""
    lines = []
    for line in text.splitlines():
        if "━" in line or not line.strip():  # progress bars, which end in an empty line
            continue
        for pattern, word in _RULES:
            line = re.sub(pattern, word, line)
        lines.append(line.strip())
    return lines


def here(text: str, folder: Path) -> str:
    """What came, as somebody with another home on another machine would have got it."""
    text = text.replace(str(folder), HOME)
    return re.sub(rf"\b{re.escape(platform.node())}\b", HOST, text) if platform.node() else text


def matches(shown: str, came: str) -> bool:
    """Whether a page tells the truth.

    Args:
        shown: `…` alone on a line stands for any lines, within a line for anything.
        came: What a command wrote.
    """
    pattern = ""
    for line in plain(shown):
        if line == ANYTHING:
            pattern += r"(?:.*\n)*?"
        else:
            pattern += ".*".join(map(re.escape, line.split(ANYTHING))) + r"\n"
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in plain(came))) is not None

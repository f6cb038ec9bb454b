"""Reads the end of a log file for error messages."""

from __future__ import annotations

from pathlib import Path

_LINES = 12
_BYTES = 16_384


def tail(path: Path, since: int = 0, lines: int = _LINES) -> str:
    """Return the last lines of a log, indented.

    Args:
        path: The log file.
        since: Byte offset to start from.
        lines: Maximum number of lines.
    """
    try:
        with path.open("rb") as file:
            end = file.seek(0, 2)
            file.seek(max(since if since <= end else 0, end - _BYTES))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return "  (empty)"
    last = text.rstrip().splitlines()[-lines:]
    return "\n".join(f"  {line}" for line in last) or "  (empty)"

"""The file in which the local stack writes its endpoints, for every other command to find."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

HOME_VARIABLE = "GLASSES_HOME"
STACK_FILE = "stack.json"
CREDENTIALS = "credentials.json"
"""There as long as the stack's data are."""


@dataclass(frozen=True, slots=True)
class Stack:
    """A running local stack.

    Attributes:
        settings: Endpoints and generated credentials, named as in `glasses.settings.Settings`.
        processes: For each process its pid and its start time (so that a recycled pid is not
            mistaken for it), as `{"valkey": {"pid": 1, "started": 1700000000.0}}`.
        workers: Worker processes wanted.
    """

    settings: dict[str, str]
    processes: dict[str, dict[str, Any]] = field(default_factory=dict)
    workers: int = 0


def home() -> Path:
    """The local stack's folder: `$GLASSES_HOME`, or `~/.glasses`."""
    given = os.environ.get(HOME_VARIABLE)
    if given:
        return Path(given)
    try:
        return Path.home() / ".glasses"
    except RuntimeError:  # a container's user, whom no file knows
        return Path("/nonexistent/.glasses")


def read_stack(folder: Path) -> Stack | None:
    """The stack that runs from a folder; None when there is none, or its file is damaged."""
    try:
        stack = Stack(**json.loads((folder / STACK_FILE).read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    whole = isinstance(stack.settings, dict) and isinstance(stack.processes, dict)
    return stack if whole else None


def keeps_data(folder: Path) -> bool:
    """Whether a stack that is stopped has its jobs in a folder."""
    return (folder / CREDENTIALS).exists() and not (folder / STACK_FILE).exists()


def write_stack(folder: Path, stack: Stack) -> None:
    """Write the file in one step, readable by its owner only (it holds credentials)."""
    partial = folder / (STACK_FILE + ".partial")
    partial.touch(mode=0o600)
    partial.chmod(0o600)
    partial.write_text(json.dumps(asdict(stack), indent=1), "utf-8")
    partial.replace(folder / STACK_FILE)


def remove_stack(folder: Path) -> None:
    """Forget the stack."""
    (folder / STACK_FILE).unlink(missing_ok=True)

"""What a check found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How it is."""

    OK = "ok"
    WARNING = "warning"
    """It works, but will not always."""
    FAILED = "failed"
    SKIPPED = "skipped"
    """Cannot be told before something else is repaired."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line.

    Attributes:
        name: Of what was looked at.
        state: How it is.
        says: What was seen.
        todo: What to do about it; empty if all is well.
        serves: Without it no photo is classified; decides on the exit code.
    """

    name: str
    state: State
    says: str
    todo: str = ""
    serves: bool = False

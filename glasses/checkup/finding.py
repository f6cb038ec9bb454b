"""What a check found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import Field


class State(StrEnum):
    """How that is which `glasses doctor` looked at."""

    OK = "ok"
    """All is well."""
    WARNING = "warning"
    """It works, but will not always."""
    FAILED = "failed"
    """It does not work."""
    SKIPPED = "skipped"
    """Cannot be told before something else is repaired."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line."""

    name: Annotated[str, Field(description="of what was looked at")]
    state: Annotated[State, Field(description="how it is")]
    says: Annotated[str, Field(description="what was seen")]
    todo: Annotated[str, Field(description="what to do about it; empty if all is well")] = ""
    serves: Annotated[
        bool, Field(description="without it no photo is classified; decides on the exit code")
    ] = False

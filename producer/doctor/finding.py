"""The result of a check."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import Field


class CheckState(StrEnum):
    """The state of what was checked."""

    OK = "ok"
    """No problem."""
    WARNING = "warning"
    """It works, but with a risk."""
    FAILED = "failed"
    """It does not work."""
    SKIPPED = "skipped"
    """Not checked, because something that it depends on failed."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check."""

    name: Annotated[str, Field(description="name of the check")]
    state: Annotated[CheckState, Field(description="result")]
    says: Annotated[str, Field(description="details")]
    todo: Annotated[str, Field(description="what to do; empty if the check is ok")] = ""
    serves: Annotated[
        bool, Field(description="every job needs it: if it failed, the exit code is 3")
    ] = False

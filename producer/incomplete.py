"""Jobs whose submitter stopped before the last photo: nobody may take them for the whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from glasses.schemas import JobStatus

WHY = (
    "its submitter stopped before the last photo: run the same `glasses submit` again, nothing is "
    "paid twice"
)


def warn(status: JobStatus) -> None:
    """Say that photos are missing, if so."""
    from producer.counted import counted
    from producer.narration import say

    if not status.complete:
        have = counted(status.submitted, "photo")
        say(f"job {status.job_id} is incomplete: it has {have}; {WHY}")

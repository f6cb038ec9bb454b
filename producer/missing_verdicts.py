"""Say how many photos of a job have no verdict: it must not look complete."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from glasses.protocol.schemas import JobStatus

_STOPPED = (
    "its submitter stopped before the last photo. Run the same `glasses submit` again; photos "
    "already classified are skipped"
)


def sentence(status: JobStatus) -> str | None:
    """Return which verdicts a job has not, and why; None if it is done."""
    from glasses.protocol.statuses import JobState
    from producer.pluralize import pluralize

    photos = pluralize(status.submitted, "photo")
    missing = f"{status.without_verdict} of its {photos} have no verdict"
    match status.state:
        case JobState.DONE:
            return None
        case JobState.INCOMPLETE:
            return f"is incomplete: it has {photos}; {_STOPPED}"
        case JobState.CANCELLED:
            unsent = "" if status.complete else ", and more may not have been submitted"
            return f"was cancelled: {missing}{unsent}"
        case JobState.PAUSED:
            return f"is paused: {missing} yet. `glasses resume {status.job_id}` continues it"
        case _:
            return f"is still {status.state}: {missing} yet" + (
                "" if status.complete else f"; {_STOPPED}"
            )


def warn(status: JobStatus) -> None:
    """Log a warning if verdicts of a job are missing."""
    from glasses.errors import ExitCode
    from glasses.protocol.statuses import TERMINAL_JOB_STATES
    from producer.console import log_status

    if text := sentence(status):
        if status.state not in TERMINAL_JOB_STATES:
            text += ". Run this command again when it has finished"
        log_status(f"job {status.job_id} {text} (exit code {ExitCode.NO_VERDICT})")

"""What tests ask about a job."""

from __future__ import annotations

from glasses.client import Job
from glasses.protocol.schemas import JobStatus


def counts_add_up(status: JobStatus) -> bool:
    """Return whether every submitted photo is in exactly one of the other counts."""
    ended = status.classified + status.no_face + status.failed + status.cancelled
    return status.submitted == ended + status.pending


def failure_reasons(job: Job) -> dict[str, str]:
    """Return the reason of each photo that failed, by name."""
    return {verdict.image: verdict.reason for verdict in job.verdicts() if verdict.reason}

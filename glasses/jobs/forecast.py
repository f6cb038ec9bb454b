"""When a job will have ended: plain arithmetic from the rate that workers report."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict, Field

from glasses.errors import UsageError
from glasses.schemas import JobStatus
from glasses.statuses import TERMINAL_JOB_STATES
from glasses.units import Photos, PhotosPerSecond, Seconds
from glasses.workers import WorkerInfo


class Forecast(BaseModel):
    """What is left of a job, and how fast it goes.

    Jobs share the workers, so until a job ends, each other job gets as many photos as it, or all
    of its own if those are fewer.
    """

    model_config = ConfigDict(frozen=True)

    photos_ahead: Photos = Field(
        description="its own, and those of others that come before its end"
    )
    processes: int = Field(description="of live workers with its model")
    process_rate: PhotosPerSecond | None = Field(
        description="of one process while it works; null: none has finished a chunk lately"
    )
    eta_seconds: Seconds | None = Field(
        description="until it has ended; null: no rate is known, or no worker may take it"
    )

    def processes_to_end_within(self, seconds: float) -> int | None:
        """How many processes would suffice; None if there is no rate yet, or no time left."""
        if not self.process_rate or seconds <= 0:
            return None
        return max(1, math.ceil(self.photos_ahead / (self.process_rate * seconds)))


def forecast(
    status: JobStatus, others: Sequence[JobStatus], workers: Sequence[WorkerInfo]
) -> Forecast:
    """Foretell a job's end.

    Args:
        status: The job.
        others: All jobs; ended ones and the job itself are passed over.
        workers: Those that live.
    """
    pending = [
        other.pending
        for other in others
        if other.job_id != status.job_id and other.state not in TERMINAL_JOB_STATES
    ]
    return of_photos(status.pending, status.model, pending, workers)


def of_photos(
    photos: int, model: str | None, others: Sequence[int], workers: Sequence[WorkerInfo]
) -> Forecast:
    """Foretell when photos will have been judged, as `forecast` does for a job.

    Args:
        photos: How many.
        model: The workers' that may take them; None: any.
        others: How many photos each other job has to go.
        workers: Those that live.
    """
    able = [w for w in workers if model in {None, w.model}]
    processes = sum(w.processes for w in able)
    measured = [(w.process_rate, w.processes) for w in able if w.process_rate]
    rate = sum(r * n for r, n in measured) / sum(n for _, n in measured) if measured else None
    ahead = photos + sum(min(other, photos) for other in others)
    return Forecast(
        photos_ahead=ahead,
        processes=processes,
        process_rate=rate,
        eta_seconds=ahead / (rate * processes) if rate and processes else None,
    )


def next_time(text: str, now: datetime) -> datetime:
    """The next moment at which a clock shows `HH:MM`, today or tomorrow.

    Raises:
        UsageError: It is no time of day.
    """
    try:
        clock = datetime.strptime(text, "%H:%M").time()
    except ValueError:
        raise UsageError(
            f"{text!r} is no time of day: give it as HH:MM, for example 17:30"
        ) from None
    moment = now.replace(hour=clock.hour, minute=clock.minute, second=0, microsecond=0)
    return moment if moment > now else moment + timedelta(days=1)

"""Forecast: when a job will have ended, computed from the rates that workers report."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict, Field

from glasses.errors import UsageError
from glasses.ledger.workers import WorkerInfo
from glasses.protocol.schemas import JobStatus
from glasses.protocol.statuses import INACTIVE_JOB_STATES
from glasses.protocol.units import Photos, PhotosPerSecond, Seconds


class Forecast(BaseModel):
    """How many photos are ahead of a job's end, and how long they take.

    Large jobs share the workers equally. Until a job ends, every other job therefore has as many
    photos processed as this one, or all of its photos if it has fewer.
    """

    model_config = ConfigDict(frozen=True)

    photos_ahead: Photos = Field(
        description="photos to process before the job ends, including those of other jobs"
    )
    processes: int = Field(description="worker processes that have the job's model")
    process_rate: PhotosPerSecond | None = Field(
        description="rate of one busy process; null if none has finished a chunk recently"
    )
    eta_seconds: Seconds | None = Field(
        description="time until the job ends; null if no rate is known or no worker may take it"
    )

    def processes_to_end_within(self, seconds: float) -> int | None:
        """Return how many processes would suffice; None without a rate or time left."""
        if not self.process_rate or seconds <= 0:
            return None
        return max(1, math.ceil(self.photos_ahead / (self.process_rate * seconds)))


def forecast(
    status: JobStatus, others: Sequence[JobStatus], workers: Sequence[WorkerInfo]
) -> Forecast:
    """Estimate when a job will have ended.

    Args:
        status: The job.
        others: All jobs; ended and paused ones and the job itself are ignored.
        workers: The live workers.
    """
    pending = [
        other.pending
        for other in others
        if other.job_id != status.job_id and other.state not in INACTIVE_JOB_STATES
    ]
    return forecast_photos(status.pending, status.model, pending, workers)


def forecast_photos(
    photos: int, model: str | None, others: Sequence[int], workers: Sequence[WorkerInfo]
) -> Forecast:
    """Estimate when photos will have been classified, as `forecast` does for a job.

    Args:
        photos: Number of photos.
        model: Only workers with this model may take them; None for any worker.
        others: Number of pending photos of each other job.
        workers: The live workers.
    """
    eligible = [worker for worker in workers if model in {None, worker.model}]
    processes = sum(worker.processes for worker in eligible)
    measured = [(w.process_rate, w.processes) for w in eligible if w.process_rate]
    rate = sum(r * n for r, n in measured) / sum(n for _, n in measured) if measured else None
    photos_ahead = photos + sum(min(other, photos) for other in others)
    return Forecast(
        photos_ahead=photos_ahead,
        processes=processes,
        process_rate=rate,
        eta_seconds=photos_ahead / (rate * processes) if rate and processes else None,
    )


def next_time(text: str, now: datetime) -> datetime:
    """Return the next time at which a clock shows `HH:MM`, today or tomorrow.

    Raises:
        UsageError: `text` is not a time of day.
    """
    try:
        clock = datetime.strptime(text, "%H:%M").time()
    except ValueError:
        raise UsageError(f"{text!r} is not a time of day: use HH:MM, for example 17:30") from None
    moment = now.replace(hour=clock.hour, minute=clock.minute, second=0, microsecond=0)
    return moment if moment > now else moment + timedelta(days=1)

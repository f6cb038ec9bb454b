"""What `--json` prints: one model a command, from which docs/*.schema.json are made."""

from __future__ import annotations

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, RootModel

from glasses.checkup.finding import Finding
from glasses.forecast import Forecast
from glasses.schemas import JobStatus
from glasses.workers import WorkerInfo


class FinishBy(BaseModel):
    """What it takes to end by a time."""

    model_config = ConfigDict(frozen=True)

    time: AwareDatetime = Field(description="the time that was asked about")
    workers: int | None = Field(
        description="processes that would end by then; 0: it has ended; null: no rate is known yet"
    )


class StatusOutput(JobStatus):
    """Of `glasses status JOB --json`."""

    forecast: Forecast | None = Field(description="null: the job has ended")
    finish_by: FinishBy | None = Field(default=None, description="null without --finish-by")


class JobsOutput(RootModel[tuple[JobStatus, ...]]):
    """Of `glasses jobs --json`: jobs that have not expired, the newest first."""

    model_config = ConfigDict(frozen=True)


class WorkersOutput(RootModel[tuple[WorkerInfo, ...]]):
    """Of `glasses workers --json`: one entry a worker that lives."""

    model_config = ConfigDict(frozen=True)


class DoctorOutput(BaseModel):
    """Of `glasses doctor --json`."""

    model_config = ConfigDict(frozen=True)

    ok: bool = Field(description="nothing failed; there may be warnings")
    checks: tuple[Finding, ...] = Field(description="in the order in which they were made")


def as_json(value: BaseModel) -> str:
    """One line for programs. ASCII, so that a name does nothing to a terminal."""
    import json

    return json.dumps(value.model_dump(mode="json"))

"""What `--json` prints: one model a command, from which docs/*.schema.json are made."""

from __future__ import annotations

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, RootModel

from glasses.checkup.finding import Finding
from glasses.forecast import Forecast
from glasses.schemas import JobStatus
from glasses.statuses import FailureReason
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


class PreviewOutput(BaseModel):
    """Of `glasses submit --dry-run --json`."""

    model_config = ConfigDict(frozen=True)

    photos: int = Field(description="found")
    bytes: int = Field(description="of those whose size was read")
    to_upload: int = Field(description="contents that would be sent, each once")
    bytes_to_upload: int = Field(description="of those")
    already_uploaded: int = Field(description="photos whose bytes are in the object store")
    in_place: int = Field(description="photos that workers would read where they lie")
    already_classified: int = Field(description="photos whose outcome by this model is known")
    repeated: int = Field(description="photos that have the bytes of another one here")
    refused: dict[FailureReason, int] = Field(
        description="photos that would fail unsent, by reason"
    )
    to_classify: int = Field(description="photos that workers would have to look at")
    model: str | None = Field(description="name@fingerprint of the workers'; null: not known")
    forecast: Forecast | None = Field(description="of the photos to classify")


def as_json(value: BaseModel) -> str:
    """One line for programs. ASCII, so that a name does nothing to a terminal."""
    import json

    return json.dumps(value.model_dump(mode="json"))

"""The output models of `--json`, one per command; docs/*.schema.json are generated from them."""

from __future__ import annotations

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, RootModel

from glasses.evaluation.figures import Evaluation
from glasses.jobs.forecast import Forecast
from glasses.ledger.workers import WorkerInfo
from glasses.protocol.schemas import JobStatus
from glasses.protocol.statuses import FailureReason, JobState
from glasses.protocol.units import Photos, Probability
from glasses.protocol.verdict import FaceChoice
from producer.doctor.finding import Finding


class FinishBy(BaseModel):
    """The workers needed to finish by a time."""

    model_config = ConfigDict(frozen=True)

    time: AwareDatetime = Field(description="the time of --finish-by")
    workers: int | None = Field(
        description="worker processes needed; 0: already finished; null: no rate is known yet"
    )


class StatusOutput(JobStatus):
    """Output of `glasses status JOB --json`."""

    forecast: Forecast | None = Field(
        description="null: the job has finished; of a paused job: if it were resumed now"
    )
    finish_by: FinishBy | None = Field(default=None, description="null without --finish-by")


class JobsOutput(RootModel[tuple[JobStatus, ...]]):
    """Output of `glasses jobs --json`: the jobs that have not expired, newest first."""

    model_config = ConfigDict(frozen=True)


class WorkersOutput(RootModel[tuple[WorkerInfo, ...]]):
    """Output of `glasses workers --json`: one entry per live worker."""

    model_config = ConfigDict(frozen=True)


class DoctorOutput(BaseModel):
    """Output of `glasses doctor --json`."""

    model_config = ConfigDict(frozen=True)

    ok: bool = Field(description="no check failed; there may be warnings")
    checks: tuple[Finding, ...] = Field(description="in the order in which they ran")


class SubmittedOutput(BaseModel):
    """First line of `glasses submit --json`."""

    model_config = ConfigDict(frozen=True)

    job_id: str = Field(description="id of the new job, before anything is sent")


class DryRunOutput(BaseModel):
    """Output of `glasses submit --dry-run --json`."""

    model_config = ConfigDict(frozen=True)

    photos: int = Field(description="photos selected")
    bytes: int = Field(description="total size of the photos whose size is known")
    to_upload: int = Field(description="distinct photos (by content) that would be uploaded")
    bytes_to_upload: int = Field(description="total size of the photos to upload")
    already_uploaded: int = Field(description="photos that the object store already has")
    in_place: int = Field(description="photos that workers would read from their files")
    already_classified: int = Field(description="photos that this model has already classified")
    repeated: int = Field(
        description="photos with the same content as another one in this submission"
    )
    refused: dict[FailureReason, int] = Field(
        description="photos that would fail without being uploaded, by reason"
    )
    ignored: dict[str, int] = Field(
        description="files that are not photos and would be left out, by the suffix of their names"
    )
    ignored_files: list[str] = Field(description="their paths, or s3:// addresses")
    skipped: dict[str, int] = Field(
        description="hidden and system files and folders that would be left out, by label"
    )
    filtered: int = Field(description="files that --include or --exclude leave out")
    to_classify: int = Field(description="photos that workers would have to classify")
    model: str | None = Field(description="the workers' model as name@fingerprint; null: unknown")
    forecast: Forecast | None = Field(
        description="when the photos would be classified; null: unknown"
    )


class EvaluateOutput(Evaluation):
    """Output of `glasses evaluate --json`."""

    source: str = Field(description="the folder or table with the labels")
    job_id: str | None = Field(description="null: the photos were classified on this machine")
    job_state: JobState | None = Field(
        description="state of the job; unless it is done, photos without a verdict are missing"
    )
    model: str = Field(description="model that classified the photos: name@fingerprint")
    threshold: Probability = Field(description="minimum probability that counts as glasses")
    faces: FaceChoice = Field(description="which faces of a photo decide")
    unlabelled: Photos = Field(description="photos without a label, or with one that excludes them")
    missing: tuple[str, ...] = Field(
        description="names of labelled photos that do not exist, in the folder or in the job"
    )
    contradictory: tuple[str, ...] = Field(
        description="names of photos that were left out: same content, different labels"
    )
    duplicates: Photos = Field(description="photos with the same content as another one")
    corrected: Photos = Field(description="labels that --corrections changed")
    dropped: Photos = Field(description="photos that --corrections excludes")


def as_json(value: BaseModel) -> str:
    """Return one line of JSON in ASCII: file names may contain control characters."""
    import json

    return json.dumps(value.model_dump(mode="json"))

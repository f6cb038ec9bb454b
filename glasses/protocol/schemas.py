"""Schemas: stored and sent records, frozen and versioned; older versions can still be parsed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import from_json

from glasses.errors import UnreadableJobError
from glasses.protocol.statuses import FailureReason, JobState, Origin
from glasses.protocol.units import Photos, Probability, UnixTime
from glasses.protocol.verdict import FaceChoice

JOB_ID_PATTERN = r"^[a-z2-7]{8}$"
SHA256_PATTERN = r"^[0-9a-f]{64}$"
PACK_PATTERN = r"^[0-9a-f]{32}$"
MAX_PHOTOS: Final = 10**9
"""Maximum number of photos per job."""
SCHEMA_VERSION: Final = 4
"""Version of jobs and their messages together: older workers ignore both."""


def newer_schema(value: object) -> int | None:
    """Return a record's schema version if it is newer than this program supports, else None."""
    version = value.get("schema_version") if isinstance(value, dict) else None
    return version if isinstance(version, int) and version > SCHEMA_VERSION else None


def newer_schema_of(text: str | bytes) -> int | None:
    """Return the result of `newer_schema` for JSON text; None also if the text is damaged."""
    try:
        return newer_schema(from_json(text))
    except ValueError:
        return None


class JobSpec(BaseModel):
    """A job's specification, which never changes; stored in S3 as `jobs/ID/job.json`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    schema_version: Literal[1, 2, 3, 4] = SCHEMA_VERSION
    job_id: str = Field(pattern=JOB_ID_PATTERN)
    name: str
    created: float = Field(description="Unix time, s")
    chunk_size: int = Field(ge=1, le=64)
    threshold: float | None = Field(default=None, ge=0, le=1, description="null: the model's own")
    faces: FaceChoice = FaceChoice.ANY
    retention_seconds: int = Field(ge=1)

    @classmethod
    def parse(cls, job_id: str, text: str | bytes) -> Self:
        """Parse a stored specification.

        Raises:
            UnreadableJobError: A newer version wrote it, or it is damaged.
        """
        try:
            return cls.model_validate_json(text)
        except ValidationError:
            version = newer_schema_of(text)
        if version is None:
            raise UnreadableJobError(f"job {job_id} has a damaged specification")
        raise UnreadableJobError(
            f"job {job_id} was submitted by a newer version of this program (schema {version}, "
            f"this version supports {SCHEMA_VERSION}): install that version"
        )


@dataclass(frozen=True, slots=True)
class PackLocation:
    """The location of a photo's bytes in a pack.

    Attributes:
        pack: Name of the pack.
        offset: Position of the first byte.
    """

    pack: str
    offset: int


class ManifestEntry(BaseModel):
    """A photo of a job: one line of a manifest segment."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    image: str
    sha256: str | None = Field(default=None, pattern=SHA256_PATTERN)
    size: int | None = Field(default=None, ge=0, description="bytes")
    reason: FailureReason | None = Field(default=None, description="why it was not uploaded")
    path: str | None = Field(default=None, description="its path on the submitting machine")
    given_path: str | None = Field(
        default=None, description="path or address as the user gave it, unless it is `path`"
    )
    id: str | None = Field(default=None, description="the user's own id of the photo")
    origin: Origin | None = Field(default=None, description="its source, if that was not a file")
    in_place: bool | None = Field(default=None, description="true: workers read it at `path`")
    pack: str | None = Field(
        default=None, pattern=PACK_PATTERN, description="see glasses.storage.packs"
    )
    offset: int | None = Field(default=None, ge=0, description="position in the pack, bytes")

    @property
    def pack_location(self) -> PackLocation | None:
        """The photo's location in a pack; None if it is stored by itself."""
        if self.pack is None or self.offset is None:
            return None
        return PackLocation(self.pack, self.offset)

    def with_pack_location(self, location: PackLocation | None) -> Self:
        """Return the same photo with another location."""
        pack, offset = (location.pack, location.offset) if location else (None, None)
        return self.model_copy(update={"pack": pack, "offset": offset})

    @property
    def readable(self) -> bool:
        """Whether at least some of its bytes could be read when it was submitted."""
        return self.reason is not FailureReason.UNREADABLE


class SubmissionEnd(BaseModel):
    """What a completed submission found; stored in S3 as `jobs/ID/complete.json`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    photos: int = Field(ge=0, description="number of photos in the manifest")
    ignored: dict[str, int] = Field(
        default={}, description="files that are not photos, by kind; they are not in the manifest"
    )


class ChunkMessage(BaseModel):
    """The message to a worker: photos `start` … `start + count - 1` of a job."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    schema_version: Literal[1, 2, 3, 4] = SCHEMA_VERSION
    job_id: str = Field(pattern=JOB_ID_PATTERN)
    start: int = Field(ge=0, lt=MAX_PHOTOS)
    count: int = Field(ge=1, le=64)

    @property
    def chunk_id(self) -> str:
        """The chunk's id in the ledger: `start+count`."""
        return f"{self.start}+{self.count}"

    @classmethod
    def of(cls, job_id: str, chunk_id: str) -> ChunkMessage:
        """Return the message for a chunk id of the ledger."""
        start, count = chunk_id.split("+")
        return cls(job_id=job_id, start=int(start), count=int(count))


class JobStatus(BaseModel):
    """A job's state and its counts.

    `submitted = classified + no_face + failed + cancelled + pending` always holds.
    """

    model_config = ConfigDict(frozen=True)

    job_id: str = Field(description="eight letters and digits")
    name: str = Field(description="the --name given at submission, else the first PATH")
    state: JobState = Field(description="state of the job")
    created: UnixTime = Field(description="when it was submitted")
    finished: UnixTime | None = Field(description="when it finished; null if it has not")
    paused: UnixTime | None = Field(
        default=None, description="since when it is paused; null if it is not"
    )
    expires: UnixTime = Field(
        description="when it expires with its photos: its retention after its last change"
    )
    schema_version: int = Field(
        default=SCHEMA_VERSION, description="schema that workers must support"
    )
    submitted: Photos = Field(description="the sum of the next five")
    classified: Photos = Field(description="photos with at least one face")
    no_face: Photos = Field(description="photos in which no face was found")
    failed: Photos = Field(description="photos that could not be classified")
    cancelled: Photos = Field(description="photos without a verdict when the job was cancelled")
    pending: Photos = Field(description="photos without a verdict so far")
    with_glasses: Photos = Field(description="classified photos with glasses")
    model: str | None = Field(
        description="name@fingerprint; null until a worker has taken the first chunk"
    )
    threshold: Probability | None = Field(
        description="threshold that decides; null until given or known from a worker"
    )
    faces: FaceChoice = Field(description="which faces of a photo decide")
    complete: bool = Field(
        default=True, description="false if the submission ended before the last photo"
    )
    ignored: dict[str, int] = Field(
        default={},
        description="files that are not photos and were left out, by the suffix of their names; "
        "known once all photos are submitted",
    )

    @property
    def without_verdict(self) -> int:
        """Return how many submitted photos have no verdict: the pending and the cancelled ones."""
        return self.cancelled + self.pending

"""What is written down or sent: frozen, versioned, an old one still parses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import from_json

from glasses.errors import UnreadableJobError
from glasses.statuses import FailureReason, JobState, Origin
from glasses.units import Photos, Probability, UnixTime
from glasses.verdict import FaceChoice

JOB_ID_PATTERN = r"^[a-z2-7]{8}$"
SHA256_PATTERN = r"^[0-9a-f]{64}$"
PACK_PATTERN = r"^[0-9a-f]{32}$"
SCHEMA_VERSION: Final = 3
"""Of jobs and of the messages about them, together: an older worker leaves both alone."""


def newer_schema(value: object) -> int | None:
    """The schema version of what only a newer version of this program understands; else None."""
    version = value.get("schema_version") if isinstance(value, dict) else None
    return version if isinstance(version, int) and version > SCHEMA_VERSION else None


class JobSpec(BaseModel):
    """What was asked for; never changes. Lies in the object store as `jobs/ID/job.json`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    schema_version: Literal[1, 2, 3] = SCHEMA_VERSION
    job_id: str = Field(pattern=JOB_ID_PATTERN)
    name: str
    created: float = Field(description="Unix time, s")
    chunk_size: int = Field(ge=1, le=64)
    threshold: float | None = Field(default=None, ge=0, le=1, description="null: the model's own")
    faces: FaceChoice = FaceChoice.ANY
    retention_seconds: int = Field(ge=1)

    @classmethod
    def parse(cls, job_id: str, text: str | bytes) -> Self:
        """Read what was written down.

        Raises:
            UnreadableJobError: A newer version wrote it, or it is damaged.
        """
        try:
            return cls.model_validate_json(text)
        except ValidationError:
            pass
        try:
            version = newer_schema(from_json(text))
        except ValueError:
            version = None
        if version is None:
            raise UnreadableJobError(f"job {job_id} has a damaged description")
        raise UnreadableJobError(
            f"job {job_id} was submitted by a newer version of this program (schema {version}, "
            f"this one knows {SCHEMA_VERSION}): install that version"
        )


@dataclass(frozen=True, slots=True)
class Place:
    """Where a photo's bytes begin.

    Attributes:
        pack: Of which pack.
        offset: After how many of its bytes.
    """

    pack: str
    offset: int


class ManifestEntry(BaseModel):
    """One photo of a job; a line of a manifest segment."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    image: str
    sha256: str | None = Field(default=None, pattern=SHA256_PATTERN)
    size: int | None = Field(default=None, ge=0, description="bytes")
    reason: FailureReason | None = Field(default=None, description="why it was not even sent")
    path: str | None = Field(default=None, description="where it lay on the submitting machine")
    origin: Origin | None = Field(default=None, description="where it lay, if it was no file")
    in_place: bool | None = Field(default=None, description="true: workers read it at `path`")
    pack: str | None = Field(default=None, pattern=PACK_PATTERN, description="see glasses.packs")
    offset: int | None = Field(default=None, ge=0, description="bytes of the pack before it")

    @property
    def place(self) -> Place | None:
        """Where in a pack it lies; None: it lies alone."""
        if self.pack is None or self.offset is None:
            return None
        return Place(self.pack, self.offset)

    def placed(self, place: Place | None) -> Self:
        """The same photo at another place."""
        pack, offset = (place.pack, place.offset) if place else (None, None)
        return self.model_copy(update={"pack": pack, "offset": offset})

    @property
    def readable(self) -> bool:
        """Whether its bytes, or some of them, could be read when it was submitted."""
        return self.reason is not FailureReason.UNREADABLE


class ChunkMessage(BaseModel):
    """What a worker is sent: photos `start` … `start + count - 1` of a job."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    schema_version: Literal[1, 2, 3] = SCHEMA_VERSION
    job_id: str = Field(pattern=JOB_ID_PATTERN)
    start: int = Field(ge=0)
    count: int = Field(ge=1, le=64)

    @property
    def chunk_id(self) -> str:
        """The chunk's name in the ledger."""
        return f"{self.start}+{self.count}"

    @classmethod
    def of(cls, job_id: str, chunk_id: str) -> ChunkMessage:
        """The message for a chunk of the ledger."""
        start, count = chunk_id.split("+")
        return cls(job_id=job_id, start=int(start), count=int(count))


class JobStatus(BaseModel):
    """A job's counters: `submitted = classified + no_face + failed + cancelled + pending`."""

    model_config = ConfigDict(frozen=True)

    job_id: str = Field(description="eight letters and digits")
    name: str = Field(description="for people; as submitted with --name, else the first PATH")
    state: JobState = Field(description="where it stands")
    created: UnixTime = Field(description="when it was submitted")
    finished: UnixTime | None = Field(description="when it ended; null: it has not")
    schema_version: int = Field(default=SCHEMA_VERSION, description="that workers must know")
    submitted: Photos = Field(description="the sum of the next five")
    classified: Photos = Field(description="with at least one face")
    no_face: Photos = Field(description="in which no face was found")
    failed: Photos = Field(description="about which nothing could be found out")
    cancelled: Photos = Field(description="that had no verdict when the job was stopped")
    pending: Photos = Field(description="that have no verdict yet")
    with_glasses: Photos = Field(description="of the classified ones")
    model: str | None = Field(
        description="name@fingerprint; null until a worker has taken the first chunk"
    )
    threshold: Probability | None = Field(description="null while neither given nor known")
    faces: FaceChoice = Field(description="which faces of a photo decide")
    complete: bool = Field(
        default=True, description="false: the submitter stopped or died before the last photo"
    )

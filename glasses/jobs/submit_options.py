"""Submit options: everything about a submission except which photos it has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from glasses.jobs.enqueue import SubmissionProgress
from glasses.protocol.verdict import FaceChoice, validate_options

if TYPE_CHECKING:
    from glasses.job import Job


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitOptions:
    """How to submit photos.

    Attributes:
        name: Job name; by default the first argument.
        job_id: A new id from `Client.new_job_id`, for callers that record it before they submit.
        threshold: Replaces the model's threshold, 0..1.
        faces: Which faces of a photo decide.
        on_created: Called with the job once the first photo is found, before anything is uploaded.
        on_progress: Called as photos are hashed, uploaded and queued.

    Raises:
        UsageError: The threshold or the choice of faces is invalid.
    """

    name: str | None = None
    job_id: str | None = None
    threshold: float | None = None
    faces: FaceChoice = FaceChoice.ANY
    on_created: Callable[[Job], None] = lambda _job: None
    on_progress: Callable[[SubmissionProgress], None] = lambda _progress: None

    def __post_init__(self) -> None:
        faces = validate_options(self.threshold, self.faces)
        object.__setattr__(self, "faces", faces)  # callers may pass the choice as a string

"""Statuses: of photos and jobs, failure reasons, and named sets of them."""

from __future__ import annotations

from enum import StrEnum
from typing import Self


class PhotoStatus(StrEnum):
    """The final status of a photo."""

    CLASSIFIED = "classified"
    """At least one face was found, and the model classified each."""
    NO_FACE = "no_face"
    """No face was found; `glasses` is false."""
    FAILED = "failed"
    """The photo could not be classified; `reason` says why."""
    CANCELLED = "cancelled"
    """The job was cancelled before the photo was processed. It is counted but has no verdict."""


VERDICT_STATUSES = frozenset({PhotoStatus.CLASSIFIED, PhotoStatus.NO_FACE, PhotoStatus.FAILED})


class FailureReason(StrEnum):
    """Why a photo failed. The values are part of the output and must not be renamed."""

    EMPTY = "empty"
    """The file has no bytes."""
    NOT_AN_IMAGE = "not_an_image"
    """The first bytes match no supported image format. The file name does not matter."""
    CORRUPT = "corrupt"
    """The file starts like an image but cannot be decoded: it is truncated or damaged."""
    NO_PREVIEW = "no_preview"
    """A RAW photo without an embedded JPEG preview of at least 640 px on its longer side."""
    TOO_MANY_PIXELS = "too_many_pixels"
    """The header declares more than 200 megapixels; nothing was decoded."""
    TOO_COMPLEX = "too_complex"
    """A JPEG with more than 100 scans, each of which costs as much time as the whole image;
    nothing was decoded."""
    FILE_TOO_LARGE = "file_too_large"
    """The file is larger than the setting `max_file_mb`; it was not read."""
    ARCHIVE_TOO_LARGE = "archive_too_large"
    """The archive has more entries than the setting `max_archive_entries` allows, or unpacks to
    more than `max_archive_ratio` times its size. Nothing was read from a zip file; a tar file was
    read up to the limit."""
    UNREADABLE = "unreadable"
    """The file could not be read: it is missing, is not a regular file, or access failed."""
    CHANGED = "changed"
    """The bytes differ from those hashed at submission: the file was modified meanwhile."""
    VANISHED = "vanished"
    """The photo is no longer in the object store; if submitted in place, its file is missing."""
    UNREADABLE_OBJECT = "unreadable_object"
    """The object store cannot read this object, but reads others: submit the photo again."""
    OUT_OF_REACH = "out_of_reach"
    """Submitted in place, but the worker's setting `read_folders` does not include its folder."""
    OUT_OF_MEMORY = "out_of_memory"
    """The photo alone needs more memory than the setting `process_memory_mb` allows; with `glasses
    classify`, more than a process's share of the machine's available memory."""
    CRASHED_WORKER = "crashed_worker"
    """The photo alone crashed, stopped or timed out every process that processed it."""
    PIPELINE_ERROR = "pipeline_error"
    """A bug in the pipeline: the worker's log has the traceback."""


UNDECODABLE_REASONS = frozenset(
    {
        FailureReason.EMPTY,
        FailureReason.NOT_AN_IMAGE,
        FailureReason.CORRUPT,
        FailureReason.NO_PREVIEW,
        FailureReason.TOO_MANY_PIXELS,
        FailureReason.TOO_COMPLEX,
        FailureReason.OUT_OF_MEMORY,
        FailureReason.CRASHED_WORKER,
        FailureReason.PIPELINE_ERROR,
    }
)
"""Failure reasons of photos that must not be decoded again, for example for a thumbnail."""


class Origin(StrEnum):
    """The source of a photo that was not a file of the submitting machine."""

    ARCHIVE = "archive"
    BUCKET = "bucket"


class JobState(StrEnum):
    """The state of a job."""

    SUBMITTING = "submitting"
    """Photos are still being submitted; the first ones may have verdicts."""
    RUNNING = "running"
    """The submission has ended; some of its photos are pending."""
    PAUSED = "paused"
    """The job was paused: no photo is started until it is resumed. Photos may still arrive."""
    DONE = "done"
    """Every photo has a verdict."""
    INCOMPLETE = "incomplete"
    """The submitter stopped before the last photo; those submitted until then have verdicts."""
    CANCELLED = "cancelled"
    """The job was cancelled; existing verdicts are kept, the other photos have none."""

    @classmethod
    def of(cls, stored: str, complete: bool, paused: bool = False) -> Self:
        """Return the state that users see; only here is `done` told from `incomplete`.

        Args:
            stored: The state in the ledger, which its Lua scripts set: `done` when all submitted
                photos have verdicts.
            complete: Whether all photos were submitted.
            paused: Whether the job is paused, which a terminal state overrides.
        """
        state = cls(stored)
        if paused and state not in TERMINAL_JOB_STATES:
            return cls("paused")
        return cls("incomplete") if state is cls.DONE and not complete else state


TERMINAL_JOB_STATES = frozenset({JobState.DONE, JobState.INCOMPLETE, JobState.CANCELLED})
INACTIVE_JOB_STATES = TERMINAL_JOB_STATES | {JobState.PAUSED}
"""States of jobs that wait for no worker."""


class Deployment(StrEnum):
    """What starts and stops the workers, other than the local stack."""

    COMPOSE = "compose"
    """Docker Compose."""
    KUBERNETES = "kubernetes"
    """A Kubernetes deployment of fixed size."""
    KEDA = "keda"
    """Kubernetes, with the number of workers controlled by KEDA."""

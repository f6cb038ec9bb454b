"""Every status there is, with the named sets that code asks for."""

from __future__ import annotations

from enum import StrEnum


class PhotoStatus(StrEnum):
    """How a photo ended."""

    CLASSIFIED = "classified"
    """At least one face was found, and the model has judged each."""
    NO_FACE = "no_face"
    """No face was found; `glasses` is false."""
    FAILED = "failed"
    """Nothing could be found out; `reason` says why."""
    CANCELLED = "cancelled"
    """Counted, but it has no verdict row: nothing looked at the photo."""


VERDICT_STATUSES = frozenset({PhotoStatus.CLASSIFIED, PhotoStatus.NO_FACE, PhotoStatus.FAILED})


class FailureReason(StrEnum):
    """Why a photo failed. The name is part of the output: never rename one."""

    EMPTY = "empty"
    """The file has no bytes."""
    NOT_AN_IMAGE = "not_an_image"
    """Its first bytes are of no photo format that is read; its name does not matter."""
    CORRUPT = "corrupt"
    """It begins as a photo and cannot be decoded: cut off or damaged."""
    TOO_MANY_PIXELS = "too_many_pixels"
    """Its header says more than 200 megapixels; nothing was decoded."""
    FILE_TOO_LARGE = "file_too_large"
    """It is larger than the setting `max_file_mb`; it was not read."""
    UNREADABLE = "unreadable"
    """It could not be read where it lies: no permission, a disk error, or no plain file."""
    CHANGED = "changed"
    """Its bytes are not those that were hashed: someone wrote to it meanwhile."""
    VANISHED = "vanished"
    """Its bytes are not in the object store any more; submitted in place: its file is gone."""
    OUT_OF_REACH = "out_of_reach"
    """Submitted in place, and the worker's setting `read_folders` does not name its folder."""
    OUT_OF_MEMORY = "out_of_memory"
    """It needs more than the setting `process_memory_mb`, alone."""
    CRASHED_WORKER = "crashed_worker"
    """It killed, stopped or timed out every process that looked at it, alone."""
    PIPELINE_ERROR = "pipeline_error"
    """A bug of ours: the worker's log has its traceback."""


class Origin(StrEnum):
    """What a photo was read from, if that is no file of the machine that submitted it."""

    ARCHIVE = "archive"
    BUCKET = "bucket"


class JobState(StrEnum):
    """Where a job stands."""

    SUBMITTING = "submitting"
    """Photos are still being sent; the first ones may have verdicts."""
    RUNNING = "running"
    """Everything is sent; photos are pending."""
    DONE = "done"
    """Every photo has a verdict."""
    CANCELLED = "cancelled"
    """It was stopped; the verdicts that there were stay."""


TERMINAL_JOB_STATES = frozenset({JobState.DONE, JobState.CANCELLED})


INCOMPLETE = "incomplete"
"""In lists, for a job whose submitter stopped before the last photo: nobody may take it for all."""


def listed_state(state: JobState, complete: bool) -> str:
    """A job's state where nothing else says that photos are missing."""
    return state if complete or state is JobState.CANCELLED else INCOMPLETE


class Deployment(StrEnum):
    """What starts and ends workers, where it is not the local stack."""

    COMPOSE = "compose"
    """Docker Compose."""
    KUBERNETES = "kubernetes"
    """A Kubernetes deployment of a fixed size."""
    KEDA = "keda"
    """Kubernetes, the number of workers ruled by KEDA."""

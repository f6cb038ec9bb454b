"""Every status there is, with the named sets that code asks for."""

from __future__ import annotations

from enum import StrEnum


class PhotoStatus(StrEnum):
    """How a photo ended."""

    CLASSIFIED = "classified"
    NO_FACE = "no_face"
    FAILED = "failed"
    CANCELLED = "cancelled"
    """Counted, but it has no verdict row: nothing looked at the photo."""


VERDICT_STATUSES = frozenset({PhotoStatus.CLASSIFIED, PhotoStatus.NO_FACE, PhotoStatus.FAILED})


class FailureReason(StrEnum):
    """Why a photo failed. The name is part of the output: never rename one."""

    EMPTY = "empty"
    NOT_AN_IMAGE = "not_an_image"
    CORRUPT = "corrupt"
    TOO_MANY_PIXELS = "too_many_pixels"
    FILE_TOO_LARGE = "file_too_large"
    UNREADABLE = "unreadable"
    CHANGED = "changed"
    VANISHED = "vanished"
    OUT_OF_MEMORY = "out_of_memory"
    """It needs more than `Settings.process_memory_mb`, alone."""
    CRASHED_WORKER = "crashed_worker"
    PIPELINE_ERROR = "pipeline_error"
    """A bug of ours: the worker's log has its traceback."""


class JobState(StrEnum):
    """Where a job stands."""

    SUBMITTING = "submitting"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"


TERMINAL_JOB_STATES = frozenset({JobState.DONE, JobState.CANCELLED})


class Deployment(StrEnum):
    """What starts and ends workers, where it is not the local stack."""

    COMPOSE = "compose"
    KUBERNETES = "kubernetes"
    KEDA = "keda"
    """Kubernetes, the number of workers ruled by KEDA."""

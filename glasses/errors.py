"""Errors, grouped by who must act. Each message says what happened and what to do next."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """The exit code of a command; `producer.exit_codes` has the meanings."""

    SUCCESS = 0
    FAILED = 1
    USAGE = 2
    SERVERS = 3
    TIMEOUT = 4
    NO_VERDICT = 5
    INTERRUPTED = 130


class GlassesError(Exception):
    """Base class of errors that are shown to the user as one line, without a traceback."""

    exit_code = ExitCode.USAGE


class UsageError(GlassesError):
    """The user's input is wrong: an invalid option, a missing folder, an unknown job."""


class ModelError(UsageError):
    """The model is missing or unreadable, or differs from the released one."""


class UnknownJobError(UsageError):
    """No job has this id or name; the job may have expired."""


class UnreadableJobError(UsageError):
    """The job was submitted by a newer version of this program, or its files are damaged."""


class InfrastructureError(GlassesError):
    """Redis or the object store is not configured, unreachable, or rejects a request."""

    exit_code = ExitCode.SERVERS


class SlowServerError(InfrastructureError):
    """The object store did not answer in time, or the connection to it is too slow."""


class MissingManifestError(InfrastructureError):
    """The configured bucket has no manifest of the job, so its photos are unknown."""


class WaitTimeoutError(GlassesError):
    """The job did not finish within the time limit; it continues."""

    exit_code = ExitCode.TIMEOUT

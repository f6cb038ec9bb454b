"""What can go wrong, split by who must act. The message says what happened and what to do next."""

from __future__ import annotations


class GlassesError(Exception):
    """Base of every error that a user sees as one line, without a traceback."""

    exit_code = 2


class UsageError(GlassesError):
    """The user's input: a wrong option, a missing folder, an unknown job."""


class ModelError(UsageError):
    """The model cannot be used: missing, unreadable, or not the released bytes."""


class UnreadableJobError(UsageError):
    """A job that a newer version of this program submitted, or whose description is damaged."""


class InfrastructureError(GlassesError):
    """Redis or the object store is not configured, out of reach, or refuses."""

    exit_code = 3


class WaitTimeoutError(GlassesError):
    """The job had not ended when the waiting time was over; it goes on."""

    exit_code = 4

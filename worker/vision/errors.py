"""Errors of the vision pipeline."""

from __future__ import annotations

from glasses.protocol.statuses import FailureReason


class OutOfMemoryError(Exception):
    """A chunk exceeds the memory of its process: it is retried, and split in half if needed."""


class PhotoError(Exception):
    """One photo cannot be classified. Its reason becomes the result; the chunk continues."""

    def __init__(self, reason: FailureReason) -> None:
        super().__init__(reason.value)
        self.reason = reason

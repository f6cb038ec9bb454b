"""What can be wrong with one photo."""

from __future__ import annotations

from glasses.statuses import FailureReason


class OutOfMemoryError(Exception):
    """A chunk does not fit into a process's memory: it runs again, and is halved if need be."""


class PhotoError(Exception):
    """The photo cannot be classified; the reason becomes its verdict. Never ends a chunk."""

    def __init__(self, reason: FailureReason) -> None:
        super().__init__(reason.value)
        self.reason = reason

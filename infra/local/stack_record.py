"""Keeps the stack file up to date and retries writes while the disk is full."""

from __future__ import annotations

import logging
import time
from pathlib import Path

from glasses.config.stack_file import STACK_FILE, StackFile, write_stack
from glasses.errors import InfrastructureError

RETRY_SECONDS = 2.0

_logger = logging.getLogger(__name__)


class StackRecord:
    """The stack file of one supervisor.

    Other processes use the last version that could be written. That suffices: ports and credentials
    do not change while the stack runs, and its processes carry a mark.
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self._unwritten: StackFile | None = None
        self._due = 0.0

    def write(self, stack: StackFile) -> None:
        """Write the file now, or as soon as the disk has space."""
        try:
            write_stack(self._home, stack)
        except OSError as error:
            if self._unwritten is None:
                _logger.warning(
                    "%s cannot be written (%s): the stack keeps running; retrying every %d s",
                    self._home / STACK_FILE,
                    error.strerror,
                    RETRY_SECONDS,
                )
            self._unwritten = stack
            self._due = time.monotonic() + RETRY_SECONDS
            return
        if self._unwritten is not None:
            _logger.info("%s is up to date again", self._home / STACK_FILE)
        self._unwritten = None

    def retry(self) -> None:
        """Retry the last write if it failed and a retry is due."""
        if self._unwritten is not None and time.monotonic() >= self._due:
            self.write(self._unwritten)

    def require(self) -> None:
        """Check that the file was written: without it no command finds the stack.

        Raises:
            InfrastructureError: The last write failed.
        """
        if self._unwritten is not None:
            raise InfrastructureError(
                f"{self._home / STACK_FILE} cannot be written: free disk space, then run this again"
            )

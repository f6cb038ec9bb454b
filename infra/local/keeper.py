"""Keeps one process alive: starts it again when it dies, more and more slowly if it keeps dying."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import Any

from infra.local.folder import log_file
from infra.local.processes import Command, Identity, is_alive, start

FIRST_DELAY_SECONDS = 0.2
LAST_DELAY_SECONDS = 30.0
HEALTHY_SECONDS = 60.0
"""Who lived so long starts again at once when it dies."""

_logger = logging.getLogger(__name__)


class Keeper:
    """A process that shall run.

    Attributes:
        command: How to start it.
        identity: Its process, or the last one.
        restarts: How often it was started again.
        deaths: How often it was found dead.
    """

    def __init__(self, command: Command, home: Path, running: Identity | None = None) -> None:
        self.command = command
        self.identity = running or start(command, home)
        self.restarts = 0
        self.deaths = 0
        self._home = home
        self._since = time.monotonic()
        self._delay = FIRST_DELAY_SECONDS
        self._due: float | None = None

    def tend(self) -> bool:
        """Look after it once, without waiting; True if it was started again."""
        now = time.monotonic()
        if self._due is None:
            if is_alive(self.identity):
                return False
            self.deaths += 1
            if now - self._since > HEALTHY_SECONDS:
                self._delay = FIRST_DELAY_SECONDS
            self._due = now + self._delay
            self._delay = min(2 * self._delay, LAST_DELAY_SECONDS)
            _logger.warning(
                "%s (pid %s) ended; it starts again in %.1f s; its log: %s",
                self.command.name,
                self.identity.pid,
                self._due - now,
                log_file(self._home, self.command.name),
            )
        if now < self._due:
            return False
        self.identity = start(self.command, self._home)
        self.restarts += 1
        self._since, self._due = now, None
        return True

    def entry(self) -> dict[str, Any]:
        """Its entry in the stack file."""
        return {
            "pid": self.identity.pid,
            "started": self.identity.started,
            "restarts": self.restarts,
        }

"""Restarts a process when it dies, with exponential backoff."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import Any

from infra.local.folder import log_file
from infra.local.process import Command, Identity, is_alive, start

FIRST_DELAY_SECONDS = 0.2
LAST_DELAY_SECONDS = 30.0
HEALTHY_SECONDS = 60.0
"""A process that ran this long restarts with the first delay."""

_logger = logging.getLogger(__name__)


class Restarter:
    """Keeps one process running.

    Attributes:
        command: How to start the process.
        identity: The current or last process; None if it could not be started yet.
        restarts: How often the process was restarted.
        deaths: How often the process was found dead.
    """

    def __init__(self, command: Command, home: Path, running: Identity | None = None) -> None:
        self.command = command
        self.identity = running
        self.restarts = 0
        self.deaths = 0
        self._home = home
        self._since = time.monotonic()
        self._delay = FIRST_DELAY_SECONDS
        self._due: float | None = None
        if not running:
            self._start(self._since)

    def restart_if_dead(self) -> bool:
        """Restart the process if it is dead and the backoff has passed; return whether it did."""
        now = time.monotonic()
        if self._due is None:
            if self.identity and is_alive(self.identity):
                return False
            self.deaths += 1
            if now - self._since > HEALTHY_SECONDS:
                self._delay = FIRST_DELAY_SECONDS
            self._postpone(now)
            _logger.warning(
                "%s (pid %s) exited; restarting in %.1f s; log: %s",
                self.command.name,
                self.identity.pid if self.identity else "-",
                (self._due or now) - now,
                log_file(self._home, self.command.name),
            )
        if self._due is not None and now < self._due:
            return False
        if not self._start(now):
            return False
        self.restarts += 1
        return True

    def _start(self, now: float) -> bool:
        """Start the process; schedule a retry and return False if the system refuses."""
        try:
            self.identity = start(self.command, self._home)
        except OSError as error:
            self._postpone(now)
            _logger.warning("%s cannot be started: %s", self.command.name, error.strerror)
            return False
        self._since, self._due = now, None
        return True

    def _postpone(self, now: float) -> None:
        self._due = now + self._delay
        self._delay = min(2 * self._delay, LAST_DELAY_SECONDS)

    def entry(self) -> dict[str, Any]:
        """Return the entry of the process in the stack file."""
        return {
            "pid": self.identity.pid if self.identity else None,
            "started": self.identity.started if self.identity else None,
            "restarts": self.restarts,
        }

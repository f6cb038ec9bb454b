"""Photos of the local stack really expire.

The bucket has a lifecycle rule, but in SeaweedFS' all-in-one server nobody acts on it: what would
looks for its admin part at port + 10000, whatever port that was given, and would run once in 24
hours of uptime, which a laptop may never reach.
"""

from __future__ import annotations

import logging
import threading
import time
from datetime import UTC, datetime, timedelta

from glasses.errors import GlassesError
from glasses.object_store import ObjectStore
from glasses.settings import Settings

EVERY_SECONDS = 3600.0
_logger = logging.getLogger(__name__)


class Expiry:
    """Deletes what is older than the retention, at once and then every hour, in a thread."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._thread: threading.Thread | None = None
        self._due = time.monotonic()

    def tend(self) -> None:
        """Begin to look if it is time to; does not wait."""
        if time.monotonic() < self._due or (self._thread and self._thread.is_alive()):
            return
        self._due = time.monotonic() + EVERY_SECONDS
        self._thread = threading.Thread(target=self._look, name="expiry", daemon=True)
        self._thread.start()

    def _look(self) -> None:
        try:
            deleted = delete_old(ObjectStore(self._settings), self._settings.retention_seconds)
        except GlassesError as error:
            _logger.warning("old photos were not looked for: %s", error)
            return
        if deleted:
            _logger.info(
                "%d objects deleted: older than %d days", deleted, self._settings.retention_days
            )


def delete_old(store: ObjectStore, seconds: float) -> int:
    """Delete every object that was put longer ago.

    Args:
        store: Whose bucket is looked through.
        seconds: How old an object may become.

    Returns:
        How many there were.

    Raises:
        InfrastructureError: The server is out of reach or refuses.
    """
    return store.delete(store.put_before(datetime.now(UTC) - timedelta(seconds=seconds)))

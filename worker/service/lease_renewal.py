"""Renew the lease of a chunk while it is processed; `Ledger.acquire` granted it."""

from __future__ import annotations

import logging
from threading import Event, Thread

from redis.exceptions import RedisError

from glasses.ledger import Ledger
from glasses.protocol.schemas import ChunkMessage

_RENEWALS = 3  # per duration of a lease, so two may fail

_log = logging.getLogger(__name__)


class LeaseRenewal:
    """Renews a chunk's lease from a thread while the `with` block runs.

    A killed process stops renewing, and the reconciler queues its chunk again.

    Args:
        ledger: The ledger that granted the lease.
        chunk: The leased chunk.
        seconds: Duration of the lease.
        holder: The name of this run in the ledger.
    """

    def __init__(self, ledger: Ledger, chunk: ChunkMessage, seconds: float, holder: str) -> None:
        self._ledger = ledger
        self._chunk = chunk
        self._seconds = seconds
        self._holder = holder
        self._stopped = Event()
        self._lost = Event()
        self._thread = Thread(target=self._renew, name="lease", daemon=True)

    @property
    def lost(self) -> bool:
        """Whether the results are not wanted: the job is gone, or another run has the chunk."""
        return self._lost.is_set()

    def renew(self) -> bool:
        """Renew the lease now; return False if the results are no longer wanted.

        Raises:
            redis.RedisError: Redis failed.
        """
        return self._ledger.renew(self._chunk, self._seconds, self._holder)

    def __enter__(self) -> LeaseRenewal:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()

    def _renew(self) -> None:
        while not self._stopped.wait(self._seconds / _RENEWALS):
            try:
                if not self.renew():
                    self._lost.set()
                    return
            except RedisError as error:
                _log.warning("lease of %s not renewed: %s", self._chunk.chunk_id, error)

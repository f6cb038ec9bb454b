"""Keeping a chunk while working on it."""

from __future__ import annotations

import logging
from threading import Event, Thread

from redis.exceptions import RedisError

from glasses.ledger import Ledger
from glasses.schemas import ChunkMessage

_RENEWALS = 3  # of a lease in its own length: two may fail

_log = logging.getLogger(__name__)


class Lease:
    """Renews a chunk's lease from a thread, for as long as the `with` block runs.

    A process that is killed stops renewing, and the reconciler takes the chunk back.
    """

    def __init__(self, ledger: Ledger, chunk: ChunkMessage, seconds: float) -> None:
        self._ledger = ledger
        self._chunk = chunk
        self._seconds = seconds
        self._ended = Event()
        self._unwanted = Event()
        self._thread = Thread(target=self._renew, name="lease", daemon=True)

    @property
    def lost(self) -> bool:
        """Whether nobody wants the chunk any more, because the job was cancelled or removed."""
        return self._unwanted.is_set()

    def __enter__(self) -> Lease:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _renew(self) -> None:
        while not self._ended.wait(self._seconds / _RENEWALS):
            try:
                if not self._ledger.renew(self._chunk, self._seconds):
                    self._unwanted.set()
                    return
            except RedisError as error:
                _log.warning("lease of %s not renewed: %s", self._chunk.chunk_id, error)

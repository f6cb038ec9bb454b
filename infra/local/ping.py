"""A ping through queue and worker: the worker that receives it sets a key in Redis."""

from __future__ import annotations

import secrets
import time

from glasses.config.settings import Settings
from glasses.ledger import keys
from glasses.ledger.queue import send_ping
from glasses.ledger.redis_client import connect, redis_errors

RESEND_SECONDS = 15.0


class Ping:
    """One round trip. The message is resent periodically: the queue may lose it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._token = secrets.token_hex(8)
        self._sent: float | None = None

    def has_arrived(self) -> bool:
        """Return whether a worker has answered; send the message if that is due.

        Raises:
            InfrastructureError: Redis is unreachable.
        """
        now = time.monotonic()
        if self._sent is None or now - self._sent > RESEND_SECONDS:
            self._send()
            self._sent = now
        with redis_errors(self._settings), connect(self._settings) as redis:
            return bool(redis.exists(keys.ping(self._token)))

    def _send(self) -> None:
        with redis_errors(self._settings), connect(self._settings) as redis:
            send_ping(redis, self._token)

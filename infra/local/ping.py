"""A message that goes through queue and worker and leaves proof in Redis."""

from __future__ import annotations

import secrets
import time

from glasses import keys
from glasses.queue import ECHO, QUEUE, make_app
from glasses.redis_client import connect, redis_errors
from glasses.settings import Settings

RESEND_SECONDS = 15.0


class Echo:
    """One round trip. It is sent again from time to time: the queue may lose it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._token = secrets.token_hex(8)
        self._sent: float | None = None

    def has_arrived(self) -> bool:
        """Whether a worker has answered; sends the message when that is due.

        Raises:
            InfrastructureError: Redis is out of reach.
        """
        now = time.monotonic()
        if self._sent is None or now - self._sent > RESEND_SECONDS:
            self._send()
            self._sent = now
        with redis_errors(self._settings), connect(self._settings) as redis:
            return bool(redis.exists(keys.echo(self._token)))

    def _send(self) -> None:
        with redis_errors(self._settings), make_app(self._settings) as app:
            app.send_task(ECHO, args=[self._token], queue=QUEUE)

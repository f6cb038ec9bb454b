"""kombu's way out of the queue, mended where it ends a worker or leaves it deaf."""

from __future__ import annotations

import logging
from queue import Empty
from typing import Any, NoReturn

from kombu.asynchronous import get_event_loop
from kombu.transport import redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

_log = logging.getLogger(__name__)


class Channel(redis.Channel):  # type: ignore[misc]
    """Drops what does not parse; stock kombu raises through the worker's event loop.

    Connects anew when Redis goes away just as a message is acknowledged: Celery only logs that, the
    message counts as being worked on for ever, and the worker, full, never asks for another.
    """

    def basic_ack(self, delivery_tag: Any, multiple: bool = False) -> None:
        """Acknowledge a message."""
        try:
            super().basic_ack(delivery_tag, multiple)
        except (RedisConnectionError, RedisTimeoutError, OSError) as error:
            _connect_anew(error)
            raise

    def basic_reject(self, delivery_tag: Any, requeue: bool = False) -> None:
        """Refuse a message."""
        try:
            super().basic_reject(delivery_tag, requeue)
        except (RedisConnectionError, RedisTimeoutError, OSError) as error:
            _connect_anew(error)
            raise

    def _brpop_read(self, **options: Any) -> Any:
        try:
            return super()._brpop_read(**options)
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            _log.error("rejected what is no message: %r", error)
            raise Empty from None


def _connect_anew(error: Exception) -> None:
    """Have the event loop meet the error, as if it had read it from the connection."""

    def meet() -> NoReturn:
        raise error

    loop = get_event_loop()
    if loop is not None:
        loop.call_soon(meet)


def install() -> None:
    """Use it for every connection of this process."""
    redis.Transport.Channel = Channel

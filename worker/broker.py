"""kombu's way out of the queue, forgiving: what is no message at all does not end the worker."""

from __future__ import annotations

import logging
from queue import Empty
from typing import Any

from kombu.transport import redis

_log = logging.getLogger(__name__)


class Channel(redis.Channel):  # type: ignore[misc]
    """Drops what does not parse; stock kombu raises through the worker's event loop."""

    def _brpop_read(self, **options: Any) -> Any:
        try:
            return super()._brpop_read(**options)
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            _log.error("rejected what is no message: %r", error)
            raise Empty from None


def install() -> None:
    """Use it for every connection of this process."""
    redis.Transport.Channel = Channel

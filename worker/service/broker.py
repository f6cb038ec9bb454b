"""Messages from the queue: bytes -> parsed and validated -> a new message of the same content.

Nothing in the queue is trusted. Anyone who can write to Redis can set every header that Celery,
kombu and billiard act on, so no header is passed on. Only the task and its argument are kept.
Partition and priority follow from the list that held the message; everything else is generated. The
worker's parent rejects foreign messages, with a reason, before a process of the pool sees them.
"""

from __future__ import annotations

import base64
import binascii
import logging
import re
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from pydantic import ValidationError
from pydantic_core import from_json

from glasses.ledger.partitions import PARTITIONS, PRIORITY_STEPS, list_name
from glasses.ledger.queue import CLASSIFY_CHUNK, EXPIRE, PING, REPAIR, envelope
from glasses.protocol.schemas import JOB_ID_PATTERN, ChunkMessage, newer_schema

MAX_BYTES = 16_384
"""Largest message. Ours have about 600 bytes, those of Celery's client 1,400."""
LOG_SECONDS = 5.0
"""The first rejection is logged at once; later ones are summed up over this time."""
_TOKEN = re.compile(r"[0-9A-Za-z_-]{1,64}")
_JOB_ID = re.compile(JOB_ID_PATTERN)
_POSITIONS = {
    list_name(number, priority): (number, priority)
    for number in range(PARTITIONS)
    for priority in PRIORITY_STEPS
}
_log = logging.getLogger(__name__)


class ForeignMessageError(Exception):
    """The message is not ours. The text says why, and quotes nothing: it may hold secrets."""


def rebuild_message(raw: bytes, source: str) -> dict[str, Any]:
    """Return a new message with the task and the argument of a message from the queue.

    Args:
        raw: The message as read from Redis.
        source: The Redis list that held it.

    Raises:
        ForeignMessageError: The message is not ours.
    """
    number, priority = _POSITIONS[source]
    task, argument = _parse(raw)
    return envelope(task, argument, number, priority)


def _parse(raw: bytes) -> tuple[str, object]:
    if len(raw) > MAX_BYTES:
        raise ForeignMessageError(f"larger than {MAX_BYTES} bytes")
    message = _json(raw, "not JSON")
    match message:
        case {
            "headers": {"task": task, **headers},
            "properties": {**properties},
            "body": str(body),
        }:
            pass
        case _:
            raise ForeignMessageError("not a Celery message (protocol 2)")
    if task not in (CLASSIFY_CHUNK, REPAIR, EXPIRE, PING):
        raise ForeignMessageError("unknown task")
    form = message.get("content-type"), message.get("content-encoding")
    encoding = properties.get("body_encoding"), headers.get("compression")
    if form != ("application/json", "utf-8") or encoding != ("base64", None):
        raise ForeignMessageError("body not JSON in UTF-8 and base64")
    try:
        content = _json(base64.b64decode(body, validate=True), "damaged body")
    except binascii.Error:
        raise ForeignMessageError("damaged body") from None
    match content:
        case [[argument], {**keywords}, _] if not keywords:
            pass
        case _:
            raise ForeignMessageError("wrong arguments")
    if task == CLASSIFY_CHUNK:
        return task, _chunk(argument)
    if task in (REPAIR, EXPIRE) and argument is None:
        return task, None
    if task == EXPIRE:
        raise ForeignMessageError("wrong arguments")
    pattern = _JOB_ID if task == REPAIR else _TOKEN
    if not isinstance(argument, str) or not pattern.fullmatch(argument):
        raise ForeignMessageError("wrong arguments")
    return task, argument


def _chunk(argument: object) -> object:
    """Return the validated fields of a chunk; a newer schema is returned as it is."""
    if newer_schema(argument) is not None:
        return argument
    try:
        return ChunkMessage.model_validate(argument, strict=True).model_dump()
    except ValidationError:
        raise ForeignMessageError("not a chunk") from None


def _json(text: bytes, reason: str) -> Any:
    """Parse JSON in UTF-8, without NaN, nested at most 200 deep, with numbers of limited length."""
    try:
        return from_json(text, allow_inf_nan=False)
    except ValueError:
        raise ForeignMessageError(reason) from None


class Rejections:
    """Logs how many messages were rejected and why, at most one line per `LOG_SECONDS`.

    Args:
        call_later: Schedules a callback in the event loop after a number of seconds.
    """

    def __init__(self, call_later: Callable[[float, Callable[[], None]], object]) -> None:
        self._call_later = call_later
        self._counts: Counter[str] = Counter()
        self._quiet_until = 0.0

    def add(self, reason: str) -> None:
        """Count a rejected message, and log it now or with the next summary."""
        self._counts[reason] += 1
        # Not by timer alone: the event loop drops its timers when the connection is lost.
        if time.monotonic() >= self._quiet_until:
            self._flush()
        elif self._counts.total() == 1:
            self._call_later(LOG_SECONDS, self._flush)

    def _flush(self) -> None:
        if not self._counts:
            return
        total = self._counts.total()
        reasons = ", ".join(f"{count} {reason}" for reason, count in self._counts.most_common())
        _log.error(
            "rejected %d message%s that glasses did not send: %s", total, "s" * (total > 1), reasons
        )
        self._counts.clear()
        self._quiet_until = time.monotonic() + LOG_SECONDS

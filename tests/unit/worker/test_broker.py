"""A lost acknowledgement reaches the event loop, which then connects anew."""

from __future__ import annotations

from typing import Any

import pytest
from kombu.asynchronous import Hub, get_event_loop, set_event_loop
from kombu.transport import redis
from redis.exceptions import ConnectionError as RedisConnectionError

from worker.broker import Channel


@pytest.mark.parametrize("name", ["basic_ack", "basic_reject"])
def test_the_loop_meets_the_error(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any) -> None:
        raise RedisConnectionError("away")

    monkeypatch.setattr(redis.Channel, name, away)
    before = get_event_loop()
    hub = Hub()
    set_event_loop(hub)
    try:
        channel = Channel.__new__(Channel)
        channel._closed = True  # it was never open: nothing to give back when it goes
        with pytest.raises(RedisConnectionError):
            getattr(channel, name)("tag")
        loop = hub.create_loop()
        with pytest.raises(RedisConnectionError, match="away"):
            next(loop)
    finally:
        hub.close()
        set_event_loop(before)

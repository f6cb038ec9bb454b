"""Idempotent calls are retried until a deadline."""

from __future__ import annotations

from unittest import mock

import pytest
from redis.exceptions import AuthenticationError, BusyLoadingError
from redis.exceptions import ConnectionError as RedisConnectionError

from glasses.config import retry
from glasses.config.retry import RetryPolicy, retry_call


class Clock:
    """A clock that advances only during sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(retry, "time", found)
    return found


def test_a_reset_connection_is_retried(clock: Clock) -> None:
    do = mock.Mock(side_effect=[ConnectionResetError, ConnectionResetError, "done"])
    assert retry_call(do, ConnectionError, 25) == "done"
    assert 0 < clock.now < 25


def test_retrying_stops_at_the_deadline(clock: Clock) -> None:
    tried = 0

    def do() -> None:
        nonlocal tried
        tried += 1
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        retry_call(do, ConnectionError, 25)
    assert clock.now <= 25
    assert tried > 10


def test_other_errors_are_raised_at_once(clock: Clock) -> None:
    def do() -> None:
        raise PermissionError

    with pytest.raises(PermissionError):
        retry_call(do, ConnectionError, 25)
    assert clock.now == 0


def test_an_unavailable_or_loading_redis_is_retried() -> None:
    ask = mock.Mock(side_effect=[RedisConnectionError, BusyLoadingError, "loaded"])
    assert RetryPolicy("Redis").call_with_retry(ask, lambda _error: None) == "loaded"
    assert ask.call_count == 3


def test_a_wrong_redis_password_is_not_retried() -> None:
    tries = []

    def ask() -> None:
        tries.append(1)
        raise AuthenticationError

    with pytest.raises(AuthenticationError):
        RetryPolicy("Redis").call_with_retry(ask, lambda _error: None)
    assert len(tries) == 1

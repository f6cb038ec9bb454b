"""What may be done twice is done again for some time."""

from __future__ import annotations

from unittest import mock

import pytest
from redis.exceptions import AuthenticationError, BusyLoadingError
from redis.exceptions import ConnectionError as RedisConnectionError

from glasses import patience
from glasses.patience import Patience, again


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(patience, "time", found)
    return found


def test_a_reset_connection_is_no_reason_to_give_up(clock: Clock) -> None:
    do = mock.Mock(side_effect=[ConnectionResetError, ConnectionResetError, "done"])
    assert again(do, ConnectionError, 25) == "done"
    assert 0 < clock.now < 25


def test_it_ends_when_the_time_is_over(clock: Clock) -> None:
    tried = 0

    def do() -> None:
        nonlocal tried
        tried += 1
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        again(do, ConnectionError, 25)
    assert clock.now <= 25
    assert tried > 10


def test_other_errors_end_it_at_once(clock: Clock) -> None:
    def do() -> None:
        raise PermissionError

    with pytest.raises(PermissionError):
        again(do, ConnectionError, 25)
    assert clock.now == 0


def test_a_redis_that_is_away_or_loading_is_waited_for() -> None:
    ask = mock.Mock(side_effect=[RedisConnectionError, BusyLoadingError, "loaded"])
    assert Patience("Redis").call_with_retry(ask, lambda _error: None) == "loaded"
    assert ask.call_count == 3


def test_a_redis_that_refuses_the_password_is_not() -> None:
    tries = []

    def ask() -> None:
        tries.append(1)
        raise AuthenticationError

    with pytest.raises(AuthenticationError):
        Patience("Redis").call_with_retry(ask, lambda _error: None)
    assert len(tries) == 1

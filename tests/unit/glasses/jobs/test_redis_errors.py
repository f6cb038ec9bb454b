"""Methods of the Python API report Redis errors as InfrastructureError."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pydantic import SecretStr
from redis.exceptions import ConnectionError as RedisConnectionError

from glasses.config.settings import Settings
from glasses.errors import InfrastructureError
from glasses.jobs.redis_errors import translate_redis_errors


class Api:
    def __init__(self) -> None:
        self.settings = Settings(redis_url=SecretStr("redis://127.0.0.1:6379/0"))

    @translate_redis_errors
    def call(self, fails: bool) -> int:
        """Return 1."""
        if fails:
            raise RedisConnectionError("refused")
        return 1

    @translate_redis_errors
    def iterate(self, fails: bool) -> Iterator[int]:
        yield 1
        if fails:
            raise RedisConnectionError("refused")


def test_results_and_docstrings_are_unchanged() -> None:
    assert Api().call(False) == 1
    assert list(Api().iterate(False)) == [1]
    assert (Api.call.__name__, Api.call.__doc__) == ("call", "Return 1.")


def test_a_redis_error_names_the_server() -> None:
    with pytest.raises(
        InfrastructureError, match=r"Redis at redis://127\.0\.0\.1:6379/0 .*refused"
    ):
        Api().call(True)


def test_a_redis_error_in_the_middle_of_an_iteration_is_translated_too() -> None:
    numbers = Api().iterate(True)
    assert next(numbers) == 1
    with pytest.raises(InfrastructureError, match="refused"):
        next(numbers)

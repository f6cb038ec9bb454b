"""Redis errors in the Python API: one decorator for the methods of `Client` and `Job`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from inspect import isgeneratorfunction
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar, cast

from glasses.config.settings import Settings
from glasses.ledger.redis_client import redis_errors


class HasSettings(Protocol):
    """An object that knows which Redis it talks to."""

    settings: Settings


Owner = TypeVar("Owner", bound=HasSettings)
P = ParamSpec("P")
R = TypeVar("R")


def translate_redis_errors(
    method: Callable[Concatenate[Owner, P], R],
) -> Callable[Concatenate[Owner, P], R]:
    """Make a method raise InfrastructureError instead of Redis exceptions.

    A generator method is covered until it is exhausted, not only while it is called.
    """
    if isgeneratorfunction(method):

        @wraps(method)
        def iterate(self: Owner, /, *args: P.args, **kwargs: P.kwargs) -> Iterator[Any]:
            with redis_errors(self.settings):
                yield from cast(Iterator[Any], method(self, *args, **kwargs))

        return cast(Callable[Concatenate[Owner, P], R], iterate)

    @wraps(method)
    def call(self: Owner, /, *args: P.args, **kwargs: P.kwargs) -> R:
        with redis_errors(self.settings):
            return method(self, *args, **kwargs)

    return call

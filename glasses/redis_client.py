"""The connection to Redis (or Valkey), and its errors in words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from redis import Redis, __version__
from redis.backoff import NoBackoff
from redis.driver_info import DriverInfo
from redis.exceptions import AuthenticationError, OutOfMemoryError, RedisError, ResponseError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry

from glasses.addresses import REDIS_URL
from glasses.errors import InfrastructureError
from glasses.patience import Patience, Tell, nobody
from glasses.settings import Settings, require_servers

CONNECT_SECONDS = 5
ANSWER_SECONDS = 30


def connect(settings: Settings, patient: bool = True, tell: Tell = nobody) -> Redis:
    """A client that decodes answers as text and waits for a Redis that is away.

    Args:
        settings: Where Redis is.
        patient: Wait as `glasses.patience` says; else each command has one try more.
        tell: Called with what is being waited for.

    Raises:
        InfrastructureError: Redis is not configured.
    """
    require_servers(settings)
    assert settings.redis_url
    server = f"Redis at {address(settings)}"
    return Redis.from_url(
        settings.redis_url.get_secret_value(),
        decode_responses=True,
        socket_connect_timeout=CONNECT_SECONDS,
        socket_timeout=ANSWER_SECONDS,
        retry=Patience(server, tell) if patient else Retry(NoBackoff(), 1),
        retry_on_error=[RedisConnectionError, RedisTimeoutError],
        health_check_interval=30,
        # It reads its own version from the package's metadata otherwise, in each process anew.
        driver_info=DriverInfo(lib_version=__version__),
        **({"ssl_ca_certs": settings.redis_ca} if is_tls(settings) else {}),
    )


def is_tls(settings: Settings) -> bool:
    """Whether Redis is reached through TLS."""
    assert settings.redis_url
    return urlsplit(settings.redis_url.get_secret_value()).scheme == "rediss"


def flush(redis: Redis, seconds: float = 5) -> None:
    """Wait until everything written so far would survive a crash of Redis, where it can tell.

    Raises:
        redis.RedisError: Redis does not answer.
    """
    any_redis: Any = redis
    try:
        any_redis.waitaof(1, 0, round(seconds * 1000))
    except ResponseError:
        return  # Older than 7.2, or without a log on disk.


def address(settings: Settings) -> str:
    """Redis' URL without its password."""
    if settings.redis_url is None:
        return "nowhere"
    parts = urlsplit(settings.redis_url.get_secret_value())
    return f"{parts.scheme}://{parts.hostname}:{parts.port or 6379}{parts.path}"


def password_trouble(settings: Settings, error: AuthenticationError) -> tuple[str, str]:
    """What is wrong with the password, and what to do."""
    assert settings.redis_url
    if not urlsplit(settings.redis_url.get_secret_value()).password:
        return "wants a password", f"Name it in redis_url: {REDIS_URL}."
    return f"refuses the password: {str(error).rstrip('.')}", "Check redis_url."


@contextmanager
def redis_errors(settings: Settings) -> Iterator[None]:
    """Turn Redis' exceptions into errors that say what to do.

    Raises:
        InfrastructureError: Redis was out of reach, out of memory, or refused.
    """
    try:
        yield
    except AuthenticationError as error:
        raise InfrastructureError(
            f"Redis at {address(settings)} {'. '.join(password_trouble(settings, error))}"
        ) from error
    except (RedisConnectionError, RedisTimeoutError) as error:
        raise InfrastructureError(
            f"Redis at {address(settings)} does not answer: {str(error).rstrip('.')}. "
            "Check that it runs (`glasses ps` for the local stack)."
        ) from error
    except OutOfMemoryError as error:
        raise InfrastructureError(
            f"Redis at {address(settings)} is out of memory. Raise its maxmemory or remove "
            "old jobs with `glasses rm`, then run the same command again."
        ) from error
    except ResponseError as error:
        raise InfrastructureError(f"Redis at {address(settings)} refuses: {error}") from error
    except RedisError as error:
        raise InfrastructureError(f"Redis at {address(settings)} failed: {error}") from error

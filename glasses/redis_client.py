"""The connection to Redis (or Valkey), and its errors in words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from redis import Redis
from redis.backoff import ExponentialWithJitterBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry

from glasses.errors import InfrastructureError
from glasses.settings import Settings, require_servers

CONNECT_SECONDS = 5
ANSWER_SECONDS = 30


def connect(settings: Settings, retries: int = 6) -> Redis:
    """A client that decodes answers as text and retries lost connections with backoff.

    Args:
        settings: Where Redis is.
        retries: How often a command is tried again; the waits grow to 4 s each.

    Raises:
        InfrastructureError: Redis is not configured.
    """
    require_servers(settings)
    assert settings.redis_url
    return Redis.from_url(
        settings.redis_url.get_secret_value(),
        decode_responses=True,
        socket_connect_timeout=CONNECT_SECONDS,
        socket_timeout=ANSWER_SECONDS,
        retry=Retry(ExponentialWithJitterBackoff(cap=4, base=0.1), retries),
        retry_on_error=[RedisConnectionError, RedisTimeoutError],
        health_check_interval=30,
    )


def address(settings: Settings) -> str:
    """Redis' URL without its password."""
    if settings.redis_url is None:
        return "nowhere"
    parts = urlsplit(settings.redis_url.get_secret_value())
    return f"{parts.scheme}://{parts.hostname}:{parts.port or 6379}{parts.path}"


@contextmanager
def redis_errors(settings: Settings) -> Iterator[None]:
    """Turn Redis' exceptions into errors that say what to do.

    Raises:
        InfrastructureError: Redis was out of reach, out of memory, or refused.
    """
    try:
        yield
    except (RedisConnectionError, RedisTimeoutError) as error:
        raise InfrastructureError(
            f"Redis at {address(settings)} does not answer: {error}. "
            "Check that it runs (`glasses ps` for the local stack)."
        ) from error
    except ResponseError as error:
        if "OOM" in str(error):
            raise InfrastructureError(
                f"Redis at {address(settings)} is out of memory. Raise its maxmemory or remove "
                "old jobs with `glasses rm`, then run the same command again."
            ) from error
        raise InfrastructureError(f"Redis at {address(settings)} refuses: {error}") from error
    except RedisError as error:
        raise InfrastructureError(f"Redis at {address(settings)} failed: {error}") from error

"""The connection to Redis (or Valkey), and errors that tell the user what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from redis import Connection, ConnectionPool, Redis, __version__
from redis.backoff import NoBackoff
from redis.driver_info import DriverInfo
from redis.exceptions import AuthenticationError, OutOfMemoryError, RedisError, ResponseError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry

from glasses.config.addresses import REDIS_URL, SENTINEL_URL
from glasses.config.redis_address import SentinelAddress
from glasses.config.retry import Notify, RetryPolicy, ignore
from glasses.config.settings import Settings, require_servers
from glasses.errors import InfrastructureError
from glasses.ledger.sentinel import primary_connection

CONNECT_SECONDS = 5
ANSWER_SECONDS = 30


def connect(settings: Settings, patient: bool = True, notify: Notify = ignore) -> Redis:
    """Return a client that decodes answers as text and retries while Redis is unreachable.

    Args:
        settings: The address of Redis.
        patient: Retry as long as `RetryPolicy` allows; otherwise retry each command once.
        notify: Called with a message while a command is being retried.

    Raises:
        InfrastructureError: Redis is not configured.
    """
    require_servers(settings)
    assert settings.redis_url
    server = f"Redis at {address(settings)}"
    found = sentinel_address(settings)
    pool = _RetryingPool.from_url(
        found.server_url if found else settings.redis_url.get_secret_value(),
        decode_responses=True,
        socket_connect_timeout=CONNECT_SECONDS,
        socket_timeout=ANSWER_SECONDS,
        retry=RetryPolicy(server, notify) if patient else Retry(NoBackoff(), 1),
        retry_on_error=[RedisConnectionError, RedisTimeoutError],
        health_check_interval=30,
        # Otherwise redis-py reads its version from the package's metadata, in every process.
        driver_info=DriverInfo(lib_version=__version__),
        **({"ssl_ca_certs": settings.redis_ca} if is_tls(settings) else {}),
        **({"connection_class": connection_class(settings)} if found else {}),
    )
    return Redis.from_pool(pool)


class ServerModeError(RedisError):
    """The server is not a plain Redis server; the text says what it is and what to do."""


_REFUSED_MODES = {
    "cluster": "is a node of a Redis Cluster, which is not supported: a job's keys change together "
    "in one step. Use a server without cluster mode, or Sentinels for failover",
    "sentinel": f"is a Sentinel, which stores no jobs. Set redis_url to {SENTINEL_URL}",
}


class _RetryingPool(ConnectionPool):
    """Retries also a connection that is lost between being made and being used.

    redis-py (8.1.0, `ConnectionPool.get_connection`) raises at once there, whatever its `retry`
    says. It also refuses a server of a mode in which jobs cannot be stored.
    """

    def get_connection(self, *args: Any, **options: Any) -> Any:
        retry: Retry = self.connection_kwargs["retry"]
        get = super().get_connection
        found: Any = retry.call_with_retry(lambda: get(*args, **options), lambda _: None)
        mode = (found.handshake_metadata or {}).get("mode")
        if mode in _REFUSED_MODES:
            self.release(found)
            raise ServerModeError(_REFUSED_MODES[mode])
        return found


def is_tls(settings: Settings) -> bool:
    """Return whether Redis is accessed over TLS."""
    assert settings.redis_url
    return settings.redis_url.get_secret_value().startswith("rediss")


def sentinel_address(settings: Settings) -> SentinelAddress | None:
    """Return the address of the Sentinels; None if the URL names the server itself."""
    assert settings.redis_url
    return SentinelAddress.parse(settings.redis_url.get_secret_value())


def connection_class(settings: Settings) -> type[Connection] | None:
    """Return the class of connections that find Redis through Sentinels; None without them."""
    found = sentinel_address(settings)
    return primary_connection(found, settings.redis_ca) if found else None


def flush(redis: Redis, seconds: float = 5) -> None:
    """Wait until everything written so far would survive a crash of Redis.

    Returns at once if the server is older than 7.2 or has no append-only file.

    Raises:
        redis.RedisError: Redis does not answer.
    """
    any_redis: Any = redis
    try:
        any_redis.waitaof(1, 0, round(seconds * 1000))
    except ResponseError:
        return


def address(settings: Settings) -> str:
    """Return the URL of Redis without its password."""
    if settings.redis_url is None:
        return "(not configured)"
    if found := sentinel_address(settings):
        return str(found)
    parts = urlsplit(settings.redis_url.get_secret_value())
    return f"{parts.scheme}://{parts.hostname}:{parts.port or 6379}{parts.path}"


def password_trouble(settings: Settings, error: AuthenticationError) -> tuple[str, str]:
    """Return what is wrong with the password, and what to do."""
    assert settings.redis_url
    found = sentinel_address(settings)
    url = found.server_url if found else settings.redis_url.get_secret_value()
    if not urlsplit(url).password:
        return "requires a password", f"Set it in redis_url: {REDIS_URL}."
    return f"rejects the password: {str(error).rstrip('.')}", "Check redis_url."


@contextmanager
def redis_errors(settings: Settings) -> Iterator[None]:
    """Convert redis-py's exceptions into errors that tell the user what to do.

    Raises:
        InfrastructureError: Redis is unreachable or out of memory, or it rejects the command.
    """
    try:
        yield
    except AuthenticationError as error:
        raise InfrastructureError(
            f"Redis at {address(settings)} {'. '.join(password_trouble(settings, error))}"
        ) from error
    except ServerModeError as error:
        raise InfrastructureError(f"Redis at {address(settings)} {error}.") from error
    except (RedisConnectionError, RedisTimeoutError) as error:
        raise InfrastructureError(
            f"Redis at {address(settings)} does not answer: {str(error).rstrip('.')}. "
            "Check that it is running (`glasses ps` for the local stack)."
        ) from error
    except OutOfMemoryError as error:
        raise InfrastructureError(
            f"Redis at {address(settings)} is out of memory. Raise its maxmemory or remove "
            "old jobs with `glasses rm`, then run the command again."
        ) from error
    except ResponseError as error:
        raise InfrastructureError(
            f"Redis at {address(settings)} rejects the command: {error}"
        ) from error
    except RedisError as error:
        raise InfrastructureError(f"Redis at {address(settings)} failed: {error}") from error

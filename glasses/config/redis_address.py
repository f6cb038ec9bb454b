"""The parts of `redis_url`: one server, or Sentinels that know which server is the primary."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self
from urllib.parse import SplitResult, unquote, urlsplit

SENTINEL_PORT = 26379


@dataclass(frozen=True, slots=True)
class SentinelAddress:
    """A primary that is found through Sentinels.

    Attributes:
        is_tls: Whether Redis and the Sentinels are accessed over TLS.
        credentials: `user:password` of Redis, as in the URL; "" if there are none.
        sentinels: Host and port of each Sentinel.
        service: The name under which the Sentinels monitor the primary.
        database: Number of the database.
    """

    is_tls: bool
    credentials: str
    sentinels: tuple[tuple[str, int], ...]
    service: str
    database: int

    @classmethod
    def parse(cls, url: str) -> Self | None:
        """Parse `redis[s]+sentinel://[user:password@]host[:port],…/name[/db]`.

        Returns:
            None if the URL has another scheme.

        Raises:
            ValueError: It is not such a URL.
        """
        scheme, _, rest = url.partition("://")
        if scheme not in {"redis+sentinel", "rediss+sentinel"}:
            return None
        servers, _, path = rest.partition("/")
        credentials, _, hosts = servers.rpartition("@")
        service, _, database = path.partition("/")
        if not service or not (database or "0").isdecimal():
            raise ValueError("no name of a service, or a database that is not a number")
        found = [urlsplit(f"redis://{each}") for each in hosts.split(",")]
        sentinels = tuple(
            (_host(each), SENTINEL_PORT if each.port is None else each.port) for each in found
        )
        return cls(
            scheme == "rediss+sentinel",
            credentials,
            sentinels,
            unquote(service),
            int(database or 0),
        )

    @property
    def user_and_password(self) -> tuple[str | None, str | None]:
        """The user name and the password of Redis, decoded; None if missing."""
        user, _, password = self.credentials.partition(":")
        return unquote(user) or None, unquote(password) or None

    @property
    def server_url(self) -> str:
        """A plain URL with everything but the address of the primary, for Redis' clients."""
        scheme = "rediss" if self.is_tls else "redis"
        user = f"{self.credentials}@" if self.credentials else ""
        return f"{scheme}://{user}{self.hosts[0]}/{self.database}"

    @property
    def hosts(self) -> list[str]:
        """Host and port of each Sentinel, as in a URL."""
        return [_host_and_port(*each) for each in self.sentinels]

    def __str__(self) -> str:
        scheme = "rediss+sentinel" if self.is_tls else "redis+sentinel"
        return f"{scheme}://{','.join(self.hosts)}/{self.service}/{self.database}"


def _host(parts: SplitResult) -> str:
    if not parts.hostname or parts.path or parts.query:
        raise ValueError("not a host")
    return parts.hostname


def _host_and_port(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

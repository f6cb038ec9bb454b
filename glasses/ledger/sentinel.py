"""Connections to the server that the Sentinels call the primary at the moment of connecting."""

from __future__ import annotations

from typing import Any

from redis.connection import Connection, SSLConnection
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ReadOnlyError
from redis.sentinel import MasterNotFoundError, Sentinel

from glasses.config.redis_address import SentinelAddress

ANSWER_SECONDS = 1.0
"""Time limit of a Sentinel that does not answer; then the next one is asked."""


def primary_connection(address: SentinelAddress, ca: str | None) -> type[Connection]:
    """Return a class of connections that follow a failover, for redis-py and for kombu.

    Args:
        address: The Sentinels and the name of the service.
        ca: CA certificate file, if the CA is private.
    """
    base: Any = SSLConnection if address.is_tls else Connection
    primary = _Primary(address, ca)

    class PrimaryConnection(base):  # type: ignore[misc]
        """A connection that asks the Sentinels whenever it connects."""

        def _connect(self) -> Any:
            self.host, self.port = primary.find()
            return super()._connect()

        def read_response(self, *args: Any, **options: Any) -> Any:
            try:
                return super().read_response(*args, **options)
            except ReadOnlyError:
                self.disconnect()
                raise RedisConnectionError("the former primary is a replica now") from None

    return PrimaryConnection


class _Primary:
    """Asks Sentinels for the primary: without a password, then with that of Redis."""

    def __init__(self, address: SentinelAddress, ca: str | None) -> None:
        self._service = address.service
        ask: Any = Sentinel
        sentinels = list(address.sentinels)
        options: dict[str, Any] = {
            "socket_timeout": ANSWER_SECONDS,
            "socket_connect_timeout": ANSWER_SECONDS,
        }
        if address.is_tls:
            options |= {"ssl": True, "ssl_ca_certs": ca}
        self._asked = [ask(sentinels, sentinel_kwargs=options)]
        user, password = address.user_and_password
        if password:
            options = options | {"username": user, "password": password}
            self._asked.append(ask(sentinels, sentinel_kwargs=options))

    def find(self) -> tuple[str, int]:
        """Return host and port of the primary.

        Raises:
            MasterNotFoundError: No Sentinel answers, or none knows a primary that is up.
        """
        error = None
        for each in self._asked:
            try:
                host, port = each.discover_master(self._service)
            except MasterNotFoundError as found:
                error = error or found
            else:
                self._asked = [each]
                return str(host), int(port)
        raise error or MasterNotFoundError(self._service)

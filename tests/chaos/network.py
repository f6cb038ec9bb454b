"""Connections to Redis and to the object store are reset, fall silent, or stay half-open."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from pydantic import SecretStr

from glasses.config.settings import Settings
from tests.chaos.cluster import Cluster
from tests.support.proxy import Proxy, proxy


@dataclass(frozen=True, slots=True)
class Network:
    """The proxies between all clients and the two servers.

    Attributes:
        redis: In front of Redis.
        s3: In front of the object store.
        settings: Lead through them.
    """

    redis: Proxy
    s3: Proxy
    settings: Settings


@contextmanager
def network(direct: Settings) -> Iterator[Network]:
    """Run proxies in front of the servers.

    Args:
        direct: Settings that lead to the servers themselves.
    """
    assert direct.redis_url
    url = direct.redis_url.get_secret_value()
    redis_port, s3_port = (urlsplit(each).port for each in (url, direct.s3_endpoint or ""))
    assert redis_port
    assert s3_port
    with proxy(redis_port) as redis, proxy(s3_port) as s3:
        changes = {
            "redis_url": SecretStr(re.sub(r":\d+/", f":{redis.port}/", url)),
            "s3_endpoint": f"http://127.0.0.1:{s3.port}",
        }
        yield Network(redis, s3, direct.model_copy(update=changes))


def reset_connections(cluster: Cluster, chance: random.Random) -> bool:
    """Reset all connections to a server, several times in a row."""
    server = _server(cluster, chance)
    for _ in range(chance.randint(1, 4)):
        server.reset()
        time.sleep(chance.uniform(0, 0.3))
    return True


def silence(cluster: Cluster, chance: random.Random) -> bool:
    """Forward nothing for a while, like a disconnected cable."""
    server = _server(cluster, chance)
    server.hold()
    time.sleep(chance.uniform(0.5, 4))
    server.mend()
    return True


def leave_half_open(cluster: Cluster, chance: random.Random) -> bool:
    """Leave all connections to a server half-open; neither side is notified."""
    _server(cluster, chance).forget()
    return True


def _server(cluster: Cluster, chance: random.Random) -> Proxy:
    assert cluster.network
    return chance.choice([cluster.network.redis, cluster.network.s3])

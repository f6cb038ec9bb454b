"""A failover: a replica that lags behind takes over the address of a primary that died.

What the primary wrote while the link to the replica was silent is lost.
"""

from __future__ import annotations

import random
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from redis import Redis
from redis.exceptions import RedisError

from infra.local import valkey
from infra.local.ports import LOOPBACK, take_ports
from infra.local.process import start, stop
from tests.chaos.cluster import Cluster
from tests.support.ports import keep_ports
from tests.support.proxy import proxy
from tests.support.stack import VALKEY, Stack
from tests.support.wait import wait_until

MOST_SECONDS = 2.0
"""Maximum lag of a replica in seconds."""
_SYNC_SECONDS = 30.0


class Replica:
    """A replica of the running Valkey behind a link that can be silenced.

    Args:
        stack: Its Valkey is followed.
        home: An empty folder for it.
    """

    def __init__(self, stack: Stack, home: Path) -> None:
        self._stack = stack
        self._home = home.resolve()
        parts = urlsplit(stack.redis_url)
        assert parts.port
        assert parts.password
        self._address_port: int = parts.port
        self._password: str = parts.password
        keep_ports(self._home)
        port = take_ports(self._home, [VALKEY])[VALKEY]
        self._running = start(valkey.command(self._home, port, self._password), self._home, True)
        self._redis: Any = Redis(
            host=LOOPBACK, port=port, password=self._password, socket_timeout=5,
            decode_responses=True,
        )  # fmt: skip
        self._exits = ExitStack()
        self._link = self._exits.enter_context(proxy(self._address_port))
        wait_until(self._follows)

    @property
    def is_in_sync(self) -> bool:
        """Return whether the initial synchronization is complete."""
        try:
            return bool(self._redis.info("replication")["master_link_status"] == "up")
        except RedisError:
            return False

    def silence(self) -> None:
        """Stop receiving data from the primary."""
        self._link.hold()

    def take_over(self) -> None:
        """Kill the primary and serve at its address."""
        self._stack.kill(VALKEY)
        self._link.cut()  # what the link held back is lost
        self._redis.replicaof("NO", "ONE")
        command = valkey.command(self._home, self._address_port, self._password)
        self._redis.config_set("port", self._address_port)
        self._stack.replace(VALKEY, command, self._running)
        self._exits.close()
        self._redis.close()
        self._stack.wait_for_redis()

    def end(self) -> None:
        """Kill the replica unless it was promoted."""
        stop([], [self._running], timeout=0)
        self._exits.close()
        self._redis.close()

    def _follows(self) -> bool:
        try:
            self._redis.config_set("masterauth", self._password)
            self._redis.replicaof(LOOPBACK, self._link.port)
        except RedisError:
            return False  # it is starting
        return True


def promote_replica(cluster: Cluster, chance: random.Random) -> bool:
    """Promote the replica and attach a new one."""
    assert cluster.replica
    deadline = time.monotonic() + _SYNC_SECONDS
    while not cluster.replica.is_in_sync:
        if time.monotonic() > deadline:
            return False
        cluster.tend()
        time.sleep(0.05)
    cluster.replica.silence()
    time.sleep(chance.uniform(0.2, MOST_SECONDS))
    cluster.replica.take_over()
    cluster.attach_replica()
    return True

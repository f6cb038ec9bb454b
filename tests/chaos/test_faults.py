"""Each fault does what its name says; a campaign that injects nothing would prove nothing."""

from __future__ import annotations

import random
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from tests.chaos import clock
from tests.chaos.clock import Clock
from tests.chaos.faults import GROUPS, schedule
from tests.chaos.network import network
from tests.chaos.power_cut import WriteHistory
from tests.chaos.replica import Replica
from tests.support.proxy import Proxy
from tests.support.stack import VALKEY, Stack, own_stack
from tests.support.wait import wait_until

pytestmark = pytest.mark.chaos

CHANCE = random.Random(1)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with own_stack(tmp_path_factory.mktemp("stack")) as found:
        yield found


def redis_of(stack: Stack) -> Any:
    return Redis.from_url(stack.redis_url, decode_responses=True, socket_timeout=5)


def test_the_same_seed_injects_the_same_faults() -> None:
    counts = dict.fromkeys(GROUPS, 3)
    assert schedule(5, counts) == schedule(5, counts)
    assert schedule(5, counts) != schedule(6, counts)
    assert len(schedule(5, counts)) == 3 * len(GROUPS)


def test_a_power_cut_loses_the_last_writes_of_valkey_and_nothing_older(stack: Stack) -> None:
    history = WriteHistory(stack)
    history.start()
    with redis_of(stack) as redis:
        redis.set("before", "1")
        noted = time.monotonic() + 0.5
        wait_until(lambda: time.monotonic() > noted)
        redis.set("last", "1")
    stack.kill(VALKEY)
    assert history.cut(time.monotonic() - noted + 0.1, CHANCE) > 0
    history.stop()
    stack.start(VALKEY)
    stack.wait_for_redis()
    with redis_of(stack) as redis:
        assert redis.get("before") == "1"
        assert redis.get("last") is None


def test_a_promoted_replica_serves_at_the_same_address_without_the_last_writes(
    stack: Stack, tmp_path: Path
) -> None:
    replica = Replica(stack, tmp_path / "replica")
    wait_until(lambda: replica.is_in_sync)
    with redis_of(stack) as redis:
        redis.set("before", "1")
        assert redis.wait(1, 5000) == 1
        replica.silence()
        redis.set("last", "1")
    replica.take_over()
    with redis_of(stack) as redis:
        assert redis.get("before") == "1"
        assert redis.get("last") is None
        redis.set("before", "2")
    stack.kill(VALKEY)
    stack.start(VALKEY)
    stack.wait_for_redis()
    with redis_of(stack) as redis:
        assert redis.get("before") == "2"


@pytest.mark.skipif(clock.find_library() is None, reason=f"no libfaketime: {clock.INSTALL}")
def test_the_clock_of_redis_steps_and_its_timers_continue(tmp_path: Path) -> None:
    with own_stack(tmp_path) as stack:
        stepped = Clock(stack, tmp_path / "clock")
        with redis_of(stack) as redis:
            for offset in (-3600, 1800):
                stepped.step(offset)
                wait_until(lambda offset=offset: abs(redis.time()[0] - time.time() - offset) < 5)
                assert redis.blpop("nothing", timeout=0.1) is None


@pytest.fixture
def wire(stack: Stack) -> Iterator[Proxy]:
    """A proxy in front of Redis."""
    with network(stack.settings) as found:
        yield found.redis


def test_connections_are_reset_and_new_ones_are_accepted(wire: Proxy) -> None:
    with connection(wire) as before:
        wire.reset()
        with pytest.raises(ConnectionResetError):
            before.recv(100)
    with connection(wire):
        pass


def test_a_half_open_connection_stays_silent_and_new_ones_are_accepted(wire: Proxy) -> None:
    with connection(wire) as before:
        wire.forget()
        before.sendall(b"PING\r\n")
        before.settimeout(0.3)
        with pytest.raises(TimeoutError):
            before.recv(100)
        with connection(wire):
            pass


@contextmanager
def connection(wire: Proxy) -> Iterator[socket.socket]:
    """A connection to Redis, which answers."""
    with socket.create_connection(("127.0.0.1", wire.port), timeout=5) as made:
        made.sendall(b"PING\r\n")
        assert made.recv(100)
        yield made

"""Servers that a test can stop, and proxies in front of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest
from pydantic import SecretStr

from glasses.client import Client
from glasses.config.settings import Settings
from tests.support.leftovers import nothing_left_behind
from tests.support.proxy import Network, proxy
from tests.support.stack import Stack, own_stack


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with own_stack(tmp_path_factory.mktemp("stack")) as found:
        yield found


@pytest.fixture
def network(stack: Stack) -> Iterator[Network]:
    assert stack.settings.redis_url
    redis_port = urlsplit(stack.settings.redis_url.get_secret_value()).port
    s3_port = urlsplit(stack.settings.s3_endpoint or "").port
    assert redis_port
    assert s3_port
    with ExitStack() as exits:
        yield Network(*(exits.enter_context(proxy(port)) for port in (redis_port, s3_port)))


@pytest.fixture
def settings(stack: Stack, network: Network) -> Iterator[Settings]:
    """Yield settings that lead through the proxies, with short leases."""
    assert stack.settings.redis_url
    url = stack.settings.redis_url.get_secret_value()
    found = stack.settings.model_copy(
        update={
            "redis_url": SecretStr(re.sub(r":\d+/", f":{network.redis.port}/", url)),
            "s3_endpoint": f"http://127.0.0.1:{network.s3.port}",
            "lease_seconds": 2.0,
        }
    )
    with Client(stack.settings) as direct:
        direct.redis.flushdb()
        yield found
        nothing_left_behind(direct)
        direct.store.delete(direct.store.keys(""))

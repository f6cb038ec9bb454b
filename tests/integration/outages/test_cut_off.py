"""A worker is disconnected for longer than its lease; other workers process its chunk once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from pydantic import SecretStr

from glasses.client import Client
from glasses.config.settings import Settings
from glasses.ledger import keys
from glasses.protocol.schemas import JobStatus
from tests.support.network_namespace import namespace
from tests.support.photos import photos
from tests.support.proxy import Network, Proxy, proxy
from tests.support.stack import Stack
from tests.support.wait import wait_until
from tests.support.workers import Worker

PHOTOS = 96


class Cable:
    """The network between one worker and the servers."""

    def __init__(self, settings: Settings, prefix: list[str], ends: list[Any]) -> None:
        self.settings = settings
        self.prefix = prefix
        self._ends = ends

    def cut(self) -> None:
        for end in self._ends:
            end.hold() if isinstance(end, Proxy) else end.cut()

    def mend(self) -> None:
        for end in self._ends:
            end.mend()


def through(settings: Settings, host: str, redis: Proxy, s3: Proxy) -> Settings:
    assert settings.redis_url
    url = settings.redis_url.get_secret_value()
    return settings.model_copy(
        update={
            "redis_url": SecretStr(re.sub(r"@[^/]+/", f"@{host}:{redis.port}/", url)),
            "s3_endpoint": f"http://{host}:{s3.port}",
            "lease_seconds": 2.0,
        }
    )


@contextmanager
def by_proxy(_: Settings, network: Network, through_proxies: Settings) -> Iterator[Cable]:
    yield Cable(through_proxies, [], [network.redis, network.s3])


@contextmanager
def by_namespace(direct: Settings, _: Network, __: Settings) -> Iterator[Cable]:
    assert direct.redis_url
    ports = [urlsplit(direct.redis_url.get_secret_value()).port, urlsplit(direct.s3_endpoint).port]
    with ExitStack() as exits:
        found = exits.enter_context(namespace())
        ways = [exits.enter_context(proxy(int(str(port)), found.here)) for port in ports]
        yield Cable(through(direct, found.here, *ways), found.prefix, [found])


@pytest.mark.parametrize("way", [by_proxy, by_namespace])
def test_another_worker_takes_the_chunk_and_each_photo_counts_once(
    way: Any, stack: Stack, network: Network, settings: Settings, demo_photos: Path, tmp_path: Path
) -> None:
    folder = photos(tmp_path / "in", demo_photos / "hopper.jpg", PHOTOS)
    direct = stack.settings.model_copy(update={"lease_seconds": 2.0})
    with ExitStack() as exits:
        cable = exits.enter_context(way(direct, network, settings))
        client = exits.enter_context(Client(direct))
        redis: Any = client.redis
        job = client.submit([folder])

        def start(name: str, given: Settings, prefix: list[str]) -> Worker:
            worker = Worker(given, tmp_path / f"{name}.log", 1, prefix=prefix)
            exits.callback(worker.kill)
            return worker

        lonely = start("lonely", cable.settings, cable.prefix)
        wait_until(lambda: redis.zcard(keys.leases(job.id)), lonely.log.read_text)
        cable.cut()
        assert job.status().pending
        other = start("other", direct, [])
        wait_until(lambda: not job.status().pending, other.log.read_text)
        status = job.status()
        assert (status.submitted, status.classified) == (PHOTOS, PHOTOS)
        other.stop()

        cable.mend()
        second = client.submit([demo_photos / "collins.jpg"])
        wait_until(lambda: not second.status().pending, lonely.log.read_text)
        assert second.status().classified == 1, "it is not deaf"
        assert lonely.process.poll() is None
        assert same(job.status(), status), "what it had to say late changed nothing"
        assert len({verdict.image for verdict in job.verdicts()}) == PHOTOS
        lonely.stop()
        assert same(job.status(), status)


def same(one: JobStatus, other: JobStatus) -> bool:
    """Return whether nothing but the time at which the job expires may have changed."""
    return one == other.model_copy(update={"expires": one.expires})

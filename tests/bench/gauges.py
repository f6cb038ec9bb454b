"""What is read off real servers while a bench runs: Redis' memory, S3 requests, CPU, the log."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, build_opener

import psutil

from glasses import keys
from glasses.client import Client
from glasses.settings import Settings, load_settings
from infra.local import members, seaweed
from infra.local.folder import prepare
from infra.local.ports import LOOPBACK, take_ports
from infra.local.servers import start_servers, stop_servers

_PAGE = 5000
_METRICS = "metrics"


class Gauges:
    """A Valkey and an S3 server, and what they tell.

    Attributes:
        settings: Where they are.
    """

    def __init__(self, settings: Settings, metrics_port: int, pids: dict[str, int]) -> None:
        self.settings = settings
        self._metrics = f"http://{LOOPBACK}:{metrics_port}/metrics"
        self._pids = pids

    def redis_bytes(self, client: Client) -> tuple[int, int]:
        """Redis' used memory, and its peak so far."""
        redis: Any = client.redis
        found = redis.info("memory")
        return int(found["used_memory"]), int(found["used_memory_peak"])

    def s3_requests(self) -> int:
        """That the S3 server has answered so far, whoever asked: retries count."""
        with build_opener(ProxyHandler({})).open(self._metrics) as answer:
            text = answer.read().decode()
        counts = re.findall(r"^SeaweedFS_s3_request_total\{[^}]*\} (\S+)$", text, re.M)
        return round(sum(float(count) for count in counts))

    def server_seconds(self) -> dict[str, float]:
        """CPU seconds of each server so far."""
        return {name: cpu_seconds(pid) for name, pid in self._pids.items()}


def cpu_seconds(pid: int) -> float:
    """Of a process and its children so far."""
    process = psutil.Process(pid)
    times = [each.cpu_times() for each in [process, *process.children(recursive=True)]]
    return sum(each.user + each.system for each in times)


@contextmanager
def gauged(home: Path) -> Iterator[Gauges]:
    """Servers of the bench's own, as the local stack runs them; S3 also counts its requests."""
    home = home.resolve()
    home.mkdir(parents=True)
    prepare(home)
    port = take_ports(home, [_METRICS])[_METRICS]
    option = f"-metricsPort={port}"
    seaweed._OPTIONS.append(option)
    try:
        servers = start_servers(home, load_settings(), die_with_parent=True)
    finally:
        seaweed._OPTIONS.remove(option)
    try:
        pids = {name: servers.running[name].pid for name in (members.VALKEY, members.S3)}
        yield Gauges(servers.settings, port, pids)
    finally:
        stop_servers(home, servers)


def records(client: Client, job_id: str) -> list[tuple[float, int]]:
    """Every record step of a job: when, by Redis' clock (s), and how many photos."""
    redis: Any = client.redis
    found: list[tuple[float, int]] = []
    start = "-"
    while page := redis.xrange(keys.log(job_id), min=start, count=_PAGE):
        for entry, fields in page:
            found.append((int(entry.split("-")[0]) / 1000, fields["n"].count(",") + 1))
        start = f"({page[-1][0]}"
    return found


def milliseconds(poll: Any, times: int) -> list[float]:
    """How long each of several calls takes."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        poll()
        taken.append(1000 * (time.perf_counter() - start))
    return taken

"""Gauges of real servers during a benchmark: memory of Redis, S3 requests, CPU, ledger events."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, build_opener

import psutil

from glasses.client import Client
from glasses.config.settings import Settings, load_settings
from glasses.ledger import keys
from infra.local import seaweed, stack_processes
from infra.local.folder import prepare
from infra.local.ports import LOOPBACK, take_ports
from infra.local.servers import start_servers, stop_servers

_PAGE = 5000
_METRICS = "metrics"


class Gauges:
    """Reads figures of a running Valkey and S3 server.

    Attributes:
        settings: Addresses and credentials of the servers.
    """

    def __init__(self, settings: Settings, metrics_port: int, pids: dict[str, int]) -> None:
        self.settings = settings
        self._metrics = f"http://{LOOPBACK}:{metrics_port}/metrics"
        self._pids = pids

    def redis_bytes(self, client: Client) -> tuple[int, int]:
        """Return the memory that Redis uses and its peak so far, in bytes."""
        redis: Any = client.redis
        found = redis.info("memory")
        return int(found["used_memory"]), int(found["used_memory_peak"])

    def s3_requests(self) -> int:
        """Return how many requests the S3 server has answered, including retries."""
        with build_opener(ProxyHandler({})).open(self._metrics) as answer:
            text = answer.read().decode()
        counts = re.findall(r"^SeaweedFS_s3_request_total\{[^}]*\} (\S+)$", text, re.M)
        return round(sum(float(count) for count in counts))

    def server_seconds(self) -> dict[str, float]:
        """Return the CPU seconds of each server so far, by name."""
        return {name: cpu_seconds(pid) for name, pid in self._pids.items()}


def cpu_seconds(pid: int) -> float:
    """Return the CPU seconds of a process and all its children so far."""
    process = psutil.Process(pid)
    times = [member.cpu_times() for member in [process, *process.children(recursive=True)]]
    return sum(used.user + used.system for used in times)


@contextmanager
def gauged(home: Path) -> Iterator[Gauges]:
    """Start servers as the local stack does, with the S3 server counting its requests."""
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
        pids = {
            name: servers.running[name].pid for name in (stack_processes.VALKEY, stack_processes.S3)
        }
        yield Gauges(servers.settings, port, pids)
    finally:
        stop_servers(home, servers)


def records(client: Client, job_id: str) -> list[tuple[float, int]]:
    """Return time (s, by Redis' clock) and number of photos of each record step of a job."""
    redis: Any = client.redis
    found: list[tuple[float, int]] = []
    start = "-"
    while page := redis.xrange(keys.events(job_id), min=start, count=_PAGE):
        for entry, fields in page:
            found.append((int(entry.split("-")[0]) / 1000, fields["n"].count(",") + 1))
        start = f"({page[-1][0]}"
    return found


def milliseconds(poll: Any, times: int) -> list[float]:
    """Return the duration of each of several calls, in ms."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        poll()
        taken.append(1000 * (time.perf_counter() - start))
    return taken

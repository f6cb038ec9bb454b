"""Compare obstore and boto3, requests/s and CPU per request: `python -m tests.bench.object_store`.

Uses a new SeaweedFS on loopback. CPU is that of this process, without the server.
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from glasses.config.settings import load_settings
from glasses.storage.object_store import ObjectStore
from infra.local.servers import servers

SIZE = 50_000
REQUESTS = 300
THREADS = (1, 4, 8)


def main() -> None:
    """Measure both libraries, alternating, on the same server."""
    data = os.urandom(SIZE)
    with tempfile.TemporaryDirectory() as folder, servers(Path(folder)) as endpoints:
        store = ObjectStore(load_settings(**endpoints))
        client: Any = boto3.client(
            "s3",
            endpoint_url=endpoints["s3_endpoint"],
            region_name="us-east-1",
            aws_access_key_id=endpoints["s3_access_key"],
            aws_secret_access_key=endpoints["s3_secret_key"],
            config=Config(s3={"addressing_style": "path"}, max_pool_connections=16),
        )
        bucket = endpoints["s3_bucket"]
        sys.stdout.write(f"{'':<16}{'threads':>8}{'requests/s':>12}{'CPU ms':>8}\n")
        for threads in THREADS:
            _row("obstore put", threads, lambda n: store.put(f"o/{n}", data))
            _row("obstore get", threads, lambda n: store.get(f"o/{n}"))
            _row(
                "boto3 put",
                threads,
                lambda n: client.put_object(Bucket=bucket, Key=f"b/{n}", Body=data),
            )
            _row(
                "boto3 get",
                threads,
                lambda n: client.get_object(Bucket=bucket, Key=f"b/{n}")["Body"].read(),
            )


def _row(name: str, threads: int, request: Callable[[int], object]) -> None:
    rate, cpu = measure(threads, request)
    sys.stdout.write(f"{name:<16}{threads:>8}{rate:>12.0f}{cpu:>8.2f}\n")


def measure(threads: int, request: Callable[[int], object]) -> tuple[float, float]:
    """Return requests/s and CPU ms per request."""
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(request, range(20)))
        cpu, start = _cpu_seconds(), time.perf_counter()
        list(pool.map(request, range(REQUESTS)))
        seconds, cpu = time.perf_counter() - start, _cpu_seconds() - cpu
    return REQUESTS / seconds, 1000 * cpu / REQUESTS


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()

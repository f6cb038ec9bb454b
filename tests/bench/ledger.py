"""`python -m tests.bench.ledger`: milliseconds of the ledger's steps, and Redis' bytes a photo.

Against a Valkey of its own on loopback, one client; each step as a worker or submitter calls it.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from glasses.client import Client
from glasses.ledger import Ledger, Recorded
from glasses.outcome import Box, Face, Outcome
from glasses.queue import PRIORITY_BULK
from glasses.schemas import ChunkMessage, JobSpec
from glasses.settings import load_settings
from glasses.statuses import PhotoStatus
from infra.local.servers import servers

SIZES = (16, 64, 256)
ROUNDS = 60
JOB = "abcdefgh"
FACE = Face(
    box=Box(left=1200, top=800, width=640, height=640), detection_score=1.234, probability=0.9876
)
OUTCOME = Outcome(status=PhotoStatus.CLASSIFIED, faces=(FACE,))


def main() -> None:
    """Measure for several chunk sizes."""
    with (
        tempfile.TemporaryDirectory() as folder,
        servers(Path(folder)) as endpoints,
        Client(load_settings(**endpoints)) as client,
    ):
        head = (
            f"{'photos':>7}{'open ms':>9}{'begin ms':>10}{'record ms':>11}{'record us/photo':>17}"
        )
        sys.stdout.write(head + f"{'bytes/photo':>13}\n")
        for size in SIZES:
            sys.stdout.write(_row(size, measure(client, size)))


def _row(size: int, figures: dict[str, float]) -> str:
    return (
        f"{size:>7}{figures['open']:>9.2f}{figures['begin']:>10.2f}{figures['record']:>11.2f}"
        f"{1000 * figures['record'] / size:>17.1f}{figures['bytes']:>13.0f}\n"
    )


def measure(client: Client, size: int) -> dict[str, float]:
    """Milliseconds of each step for a chunk of so many photos, and Redis' bytes a photo.

    Everything in this Redis is removed first.
    """
    redis: Any = client.redis
    redis.flushdb()
    ledger = Ledger(client.redis)
    spec = JobSpec(
        job_id=JOB, name="bench", created=time.time(), chunk_size=64, retention_seconds=3600
    )
    ledger.create(spec, "m@1", 0.5)
    before = redis.info("memory")["used_memory"]
    times: dict[str, list[float]] = {"open": [], "begin": [], "record": []}
    for number in range(ROUNDS):
        start = number * size
        # A message may hold 64 photos at most; the script does not mind.
        chunk = ChunkMessage.model_construct(schema_version=2, job_id=JOB, start=start, count=size)
        rows = [Recorded(start + i, OUTCOME, True, f"{start + i:064x}") for i in range(size)]
        clock = time.perf_counter()
        ledger.open(spec, chunk, PRIORITY_BULK)
        times["open"].append(time.perf_counter() - clock)
        clock = time.perf_counter()
        ledger.begin(chunk, model="m@1", threshold=0.5, lease_seconds=10, max_attempts=3, ttl=3600)
        times["begin"].append(time.perf_counter() - clock)
        clock = time.perf_counter()
        ledger.record(JOB, chunk, rows, model="m@1", ttl=3600)
        times["record"].append(time.perf_counter() - clock)
    used = redis.info("memory")["used_memory"] - before
    middle = {name: 1000 * statistics.median(values) for name, values in times.items()}
    return middle | {"bytes": used / ROUNDS / size}


if __name__ == "__main__":
    main()

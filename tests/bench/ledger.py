"""Measure ms per ledger step and bytes per photo in Redis: `python -m tests.bench.ledger`.

Uses one client of a new Valkey on loopback. Each step is called as a worker or submitter does.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from glasses.client import Client
from glasses.config.settings import load_settings
from glasses.ledger import Ledger, OutcomeRecord
from glasses.ledger.queue import PRIORITY_BULK
from glasses.protocol.outcome import Box, Face, Outcome
from glasses.protocol.schemas import ChunkMessage, JobSpec
from glasses.protocol.statuses import PhotoStatus
from infra.local.servers import servers

SIZES = (16, 64, 256)
ROUNDS = 60
JOB = "abcdefgh"
FACE = Face(
    box=Box(left=1200, top=800, width=640, height=640), detection_score=1.234, probability=0.9876
)
OUTCOME = Outcome(status=PhotoStatus.CLASSIFIED, faces=(FACE,))


def main() -> None:
    """Measure several chunk sizes and print a table."""
    with (
        tempfile.TemporaryDirectory() as folder,
        servers(Path(folder)) as endpoints,
        Client(load_settings(**endpoints)) as client,
    ):
        head = f"{'photos':>7}{'enqueue ms':>12}{'acquire ms':>12}{'record ms':>11}"
        sys.stdout.write(head + f"{'record us/photo':>17}{'bytes/photo':>13}\n")
        for size in SIZES:
            sys.stdout.write(_row(size, measure(client, size)))


def _row(size: int, figures: dict[str, float]) -> str:
    return (
        f"{size:>7}{figures['enqueue']:>12.2f}{figures['acquire']:>12.2f}"
        f"{figures['record']:>11.2f}"
        f"{1000 * figures['record'] / size:>17.1f}{figures['bytes']:>13.0f}\n"
    )


def measure(client: Client, size: int) -> dict[str, float]:
    """Return ms of each step for a chunk of `size` photos, and bytes per photo in Redis.

    This deletes everything in this Redis first.
    """
    redis: Any = client.redis
    redis.flushdb()
    ledger = Ledger(client.redis)
    spec = JobSpec(
        job_id=JOB, name="bench", created=time.time(), chunk_size=64, retention_seconds=3600
    )
    ledger.create(spec, "m@1", 0.5)
    before = redis.info("memory")["used_memory"]
    times: dict[str, list[float]] = {"enqueue": [], "acquire": [], "record": []}
    for number in range(ROUNDS):
        start = number * size
        # Not validated: a message may hold at most 64 photos, but the script accepts more.
        chunk = ChunkMessage.model_construct(schema_version=2, job_id=JOB, start=start, count=size)
        rows = [OutcomeRecord(start + i, OUTCOME, True, f"{start + i:064x}") for i in range(size)]
        clock = time.perf_counter()
        ledger.enqueue(chunk, PRIORITY_BULK)
        times["enqueue"].append(time.perf_counter() - clock)
        clock = time.perf_counter()
        ledger.acquire(chunk, model="m@1", threshold=0.5, lease_seconds=10, max_attempts=3)
        times["acquire"].append(time.perf_counter() - clock)
        clock = time.perf_counter()
        ledger.record(JOB, chunk, rows, model="m@1")
        times["record"].append(time.perf_counter() - clock)
    used = redis.info("memory")["used_memory"] - before
    medians = {name: 1000 * statistics.median(values) for name, values in times.items()}
    return medians | {"bytes": used / ROUNDS / size}


if __name__ == "__main__":
    main()

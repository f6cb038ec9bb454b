"""What a round of expiry costs: `python -m tests.bench.expiry JOBS`.

Each job has two segments, 512 photos, in packs of twelve. CPU is that of the process that runs the
round and of the S3 server.
"""

from __future__ import annotations

import hashlib
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil

from glasses.client import Client
from glasses.config.settings import load_settings
from glasses.jobs.expiry import expire
from glasses.ledger import Ledger, keys
from glasses.protocol.schemas import JobSpec, ManifestEntry
from glasses.storage.manifest import SEGMENT, ManifestStore
from glasses.storage.object_store import ObjectStore, pack_key
from infra.local import stack_processes
from infra.local.process import find_marked
from infra.local.servers import servers

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_PER_PACK = 12
_SEGMENTS = 2


def _job_id(number: int) -> str:
    letters = []
    for _ in range(8):
        number, letter = divmod(number, len(_LETTERS))
        letters.append(_LETTERS[letter])
    return "".join(letters)


def fill(client: Client, number: int) -> None:
    """Store a job of two segments, known to Redis."""
    job_id, manifests = _job_id(number), ManifestStore(client.store)
    spec = JobSpec(
        job_id=job_id, name="bench", created=time.time(), chunk_size=64,
        retention_seconds=client.settings.retention_seconds,
    )  # fmt: skip
    Ledger(client.redis).create(spec, None, None)
    manifests.write_spec(spec)
    packs = set()
    for segment in range(_SEGMENTS):
        entries = []
        for at in range(SEGMENT):
            photo = segment * SEGMENT + at
            pack = hashlib.sha256(f"{number} {photo // _PER_PACK}".encode()).hexdigest()[:32]
            packs.add(pack)
            sha256 = hashlib.sha256(f"{number} {photo}".encode()).hexdigest()
            entries.append(
                ManifestEntry(
                    image=f"holiday/{photo:06d}.jpg", sha256=sha256, size=90_000, pack=pack,
                    offset=90_000 * (photo % _PER_PACK),
                )
            )  # fmt: skip
        manifests.write_segment(job_id, segment, entries)
    for pack in packs:
        client.store.put(pack_key(pack), b"x")


def main(argv: list[str]) -> int:
    """Measure rounds and print one line per kind; return the exit code."""
    count = int(argv[0]) if argv else 500
    with tempfile.TemporaryDirectory() as folder, servers(Path(folder)) as endpoints:
        (s3,) = (
            each for name, each in find_marked(Path(folder).resolve()) if name == stack_processes.S3
        )
        with Client(load_settings(**endpoints)) as client:
            with ThreadPoolExecutor(8) as pool:
                list(pool.map(lambda number: fill(client, number), range(count)))
            measure = _Measure(client, psutil.Process(s3.pid))
            photos = count * _SEGMENTS * SEGMENT
            sys.stdout.write(f"{count} jobs, {photos} photos\n")
            client.redis.set(keys.SWEPT, "1", ex=60)
            measure("nothing has expired", lambda: None)
            measure("and photos are listed", lambda: client.redis.delete(keys.SWEPT))
            now = ObjectStore.now
            later = timedelta(days=client.settings.retention_days + 1)
            ObjectStore.now = lambda store: now(store) + later  # type: ignore[method-assign]
            measure("one job has expired", lambda: Ledger(client.redis).forget(_job_id(0)))

            def forget_tenth() -> None:
                for number in range(1, 1 + count // 10):
                    Ledger(client.redis).forget(_job_id(number))

            measure("a tenth of the jobs have expired", forget_tenth)
    return 0


class _Measure:
    def __init__(self, client: Client, server: Any) -> None:
        self._client, self._server = client, server

    def __call__(self, label: str, prepare: Callable[[], Any]) -> None:
        prepare()
        started, own, server = time.perf_counter(), time.process_time(), self._server.cpu_times()
        report = expire(self._client.settings, self._client.redis, self._client.store)
        wall, cpu = time.perf_counter() - started, time.process_time() - own
        after = self._server.cpu_times()
        served = after.user + after.system - server.user - server.system
        sys.stdout.write(
            f"{label}: {len(report.jobs)} jobs, {report.photos} photos deleted; "
            f"CPU {cpu:.2f} s, S3 server {served:.2f} s, {wall:.1f} s in all\n"
        )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""All workers are replaced one after the other while jobs run."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from glasses.client import Client, Job
from glasses.config.settings import Settings
from glasses.ledger import keys
from tests.support.photos import photos
from tests.support.wait import wait_until
from tests.support.workers import Worker

PHOTOS = 48
CHUNK = 8
_BEGUN = re.compile(r"chunk (\S+ of job \S+): acquired")


@contextmanager
def never_idle(settings: Settings, source: Path, folder: Path) -> Iterator[list[Job]]:
    """Submit jobs one after the other, each while the previous one still runs."""
    ended = threading.Event()
    jobs: list[Job] = []

    def submit() -> None:
        with Client(settings.model_copy(update={"chunk_size": CHUNK})) as client:
            while not ended.is_set():
                made = photos(folder / f"{len(jobs)}", source, PHOTOS, f" {len(jobs)}")
                jobs.append(client.submit([made]))
                while jobs[-1].status().pending > PHOTOS // 2 and not ended.wait(0.02):
                    pass

    thread = threading.Thread(target=submit)
    thread.start()
    try:
        yield jobs
    finally:
        ended.set()
        thread.join()


def test_nothing_is_lost_or_repeated_and_no_attempt_is_used_up(
    settings: Settings,
    client: Client,
    start_worker: Callable[..., Worker],
    demo_photos: Path,
    tmp_path: Path,
) -> None:
    redis: Any = client.redis
    attempts: set[str] = set()
    (tmp_path / "in").mkdir()
    workers = [start_worker(1), start_worker(1)]
    with never_idle(settings, demo_photos / "hopper.jpg", tmp_path / "in") as jobs:

        def ended() -> int:
            found = [client.job(job.id).status() for job in list(jobs)]
            for job in list(jobs):
                records = redis.hvals(keys.chunks(job.id))
                attempts.update(record.split()[1] for record in records)
            return sum(status.submitted - status.pending for status in found)

        for leaving in list(workers):
            seen = ended()
            wait_until(lambda seen=seen: ended() > seen)  # type: ignore[misc]
            leaving.stop()
            assert leaving.process.returncode == 0, leaving.log.read_text()
            workers.append(start_worker(1))
        seen = ended()
        wait_until(lambda: ended() > seen)
    for job in jobs:
        status = client.job(job.id).wait(90)
        assert (status.submitted, status.classified) == (PHOTOS, PHOTOS)
        assert len({verdict.image for verdict in client.job(job.id).verdicts()}) == PHOTOS
    begun = [chunk for worker in workers for chunk in _BEGUN.findall(worker.log.read_text())]
    assert sorted(begun) == sorted(set(begun)), "a chunk was worked on twice"
    assert len(begun) == len(jobs) * PHOTOS // CHUNK
    assert attempts <= {"0", "1"}

"""Jobs whose results are known when they are submitted, so that a test needs no worker."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from glasses.client import Client, Job
from glasses.ledger import keys
from glasses.ledger.workers import WorkerInfo, announce, withdraw
from glasses.protocol.outcome import Box, Face, Outcome
from glasses.protocol.statuses import PhotoStatus
from producer.sorting.transfer import hash_of

MODEL = "test@000000000000"


def face(probability: float, left: int = 60, confirmed: bool = True) -> Face:
    """Return a face of 100 px."""
    box = Box(left=left, top=70, width=100, height=100)
    return Face(box=box, detection_score=1.2, confirmed=confirmed, probability=probability)


def outcome(*faces: Face) -> Outcome:
    """Return the outcome of a photo with these faces."""
    status = PhotoStatus.CLASSIFIED if faces else PhotoStatus.NO_FACE
    return Outcome(status=status, faces=faces)


def submit_classified(
    client: Client, folder: Path, outcomes: Mapping[str, Outcome], name: str | None = None
) -> Job:
    """Submit a folder whose photos were classified by an earlier job.

    Args:
        client: Client of the servers.
        folder: The photos.
        outcomes: Outcomes by path relative to the folder; other files must fail unsent.
        name: Name of the job.
    """
    redis: Any = client.redis
    for path, found in outcomes.items():
        key = keys.photo(hash_of(folder / path))
        redis.hset(key, MODEL, found.encode())
        redis.expire(key, 600)
    worker = WorkerInfo(
        worker_id="test:1", processes=1, model=MODEL, threshold=0.5, started=0, seen=0
    )
    announce(client.redis, worker)
    try:
        job = client.submit([folder], name=name)
    finally:
        withdraw(client.redis, worker.worker_id)
    assert job.status().pending == 0
    return job

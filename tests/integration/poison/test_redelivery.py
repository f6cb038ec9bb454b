"""A redelivered chunk whose photos all have results is closed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from glasses.client import Client
from glasses.ledger import Ledger, OutcomeRecord, keys
from glasses.protocol.outcome import Outcome
from glasses.protocol.statuses import FailureReason
from tests.support.wait import wait_until
from tests.support.workers import Worker


def test_a_chunk_without_pending_photos_is_closed(
    client: Client, start_worker: Callable[..., Worker], demo_photos: Path
) -> None:
    redis: Any = client.redis
    job = client.submit([demo_photos / "hopper.jpg", demo_photos / "collins.jpg"])
    outcome = Outcome.failed(FailureReason.VANISHED)
    rows = [OutcomeRecord(number, outcome, False, None) for number in range(2)]
    Ledger(client.redis).record(job.id, None, rows, model="m@1")
    assert redis.hlen(keys.chunks(job.id)) == 1, "still open"
    worker = start_worker()
    wait_until(lambda: redis.hlen(keys.chunks(job.id)) == 0, worker.log.read_text)
    assert "out_of_memory" not in worker.log.read_text()
    status = job.wait(30)
    assert (status.submitted, status.failed) == (2, 2)

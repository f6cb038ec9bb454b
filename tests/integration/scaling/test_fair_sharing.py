"""Large jobs share the workers, and small jobs overtake large ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from glasses.client import Client, Job
from glasses.config.settings import Settings
from glasses.jobs import chunks
from glasses.ledger import keys
from tests.support.gate import Gate, marked
from tests.support.wait import wait_until
from tests.support.workers import Worker

CHUNK = 8
Submit = Callable[[str, int], Job]


@pytest.fixture
def gate(settings: Settings, tmp_path: Path) -> Iterator[Gate]:
    """Yield a closed gate in front of a worker with one process."""
    made = Gate(tmp_path / "gate")
    made.close()
    worker = Worker(settings, tmp_path / "worker.log", 1, environment_=made.environment)
    yield made
    worker.discard()


@pytest.fixture
def submit(
    settings: Settings, tmp_path: Path, demo_photos: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Submit]:
    monkeypatch.setattr(chunks, "FIRST_PHOTOS", 2 * CHUNK)
    with Client(settings.model_copy(update={"chunk_size": CHUNK})) as client:

        def send(mark: str, count: int) -> Job:
            folder = marked(tmp_path / mark, demo_photos / "hopper.jpg", count, mark)
            return client.submit([folder])

        yield send


def taken(client: Client, job: Job) -> None:
    wait_until(lambda: client.redis.zcard(keys.leases(job.id)) == 1)


def test_ten_photos_behind_a_large_backlog_run_right_after_the_current_chunk(
    client: Client, gate: Gate, submit: Submit
) -> None:
    large = submit("large", 12 * CHUNK)
    taken(client, large)
    small = submit("small", 10)
    gate.open()
    assert small.wait(60).no_face == 10
    assert large.wait(60).no_face == 12 * CHUNK
    after = gate.seen[CHUNK:]
    # Two chunks, and in turn with them what of the large job may also go first.
    assert after[:CHUNK] == ["small"] * CHUNK
    assert "small" not in after[2 * CHUNK + 2 :]


def test_two_large_jobs_share_the_workers(client: Client, gate: Gate, submit: Submit) -> None:
    first = submit("first", 10 * CHUNK)
    taken(client, first)
    second = submit("second", 10 * CHUNK)
    gate.open()
    assert first.wait(60).no_face == second.wait(60).no_face == 10 * CHUNK
    chunks = gate.seen[::CHUNK]
    assert sorted(chunks) == ["first"] * 10 + ["second"] * 10
    for end in range(len(chunks)):
        ahead = chunks[:end].count("first") - chunks[:end].count("second")
        assert abs(ahead) <= 2, chunks

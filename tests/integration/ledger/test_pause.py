"""A paused job: no chunk starts, running ones are recorded, and it loses nothing."""

from __future__ import annotations

import time
from typing import Any

import pytest

from glasses.client import Client
from glasses.errors import UsageError
from glasses.jobs.enqueue import create_job
from glasses.jobs.recovery import audit
from glasses.ledger import Ledger, keys, reclaim
from glasses.ledger.queue import PRIORITY_BULK, depth
from glasses.ledger.queue_stats import collect_queue_stats
from glasses.protocol.schemas import JobSpec, ManifestEntry, SubmissionEnd
from glasses.protocol.statuses import JobState
from glasses.storage.manifest import ManifestStore
from tests.integration.ledger.test_ledger import JOB, begin, chunk, record, spec
from tests.support.leftovers import stored_keys


@pytest.fixture
def ledger(client: Client) -> Ledger:
    """Return a ledger with a sealed job of three chunks."""
    found = Ledger(client.redis)
    create_job(client.redis, client.store, spec())
    for start in (0, 4, 8):
        found.enqueue(chunk(start), PRIORITY_BULK)
    found.seal(JOB, SubmissionEnd(photos=12))
    return found


def test_no_chunk_of_a_paused_job_starts_and_running_ones_are_recorded(
    ledger: Ledger, client: Client
) -> None:
    assert begin(ledger, chunk()).answer == "acquired"
    ledger.pause(JOB)
    assert begin(ledger, chunk(4)).answer == "paused"
    assert ledger.renew(chunk(), 10)
    assert record(ledger, chunk(), [0, 1, 2, 3]) == 4
    assert reclaim(client.redis, JOB, grace_seconds=0).queued == 0
    status = ledger.status(JOB)
    assert (status.state, status.classified, status.pending) == (JobState.PAUSED, 4, 8)
    assert status.paused == pytest.approx(time.time(), abs=5)
    ledger.resume(JOB)
    assert reclaim(client.redis, JOB).queued == 1, "the suspended one; the other may be queued"
    assert (ledger.status(JOB).state, ledger.status(JOB).paused) == (JobState.RUNNING, None)
    for start in (4, 8):
        assert begin(ledger, chunk(start)).attempts == 1, "a pause costs no attempt"


def test_a_chunk_that_dies_during_a_pause_is_queued_when_the_job_resumes(
    ledger: Ledger, client: Client
) -> None:
    begin(ledger, chunk(), lease=0.05)
    ledger.pause(JOB)
    time.sleep(0.1)
    assert reclaim(client.redis, JOB, grace_seconds=0).queued == 0
    stats = collect_queue_stats(client.redis)
    assert (stats.running, stats.suspended, stats.waiting) == (0, 1, 0)
    assert (stats.photos["pending"], stats.photos["paused"]) == (0, 12)
    assert (stats.jobs["paused"], stats.oldest_seconds) == (1, 0)
    assert depth(client.redis) == 0
    ledger.resume(JOB)
    assert reclaim(client.redis, JOB).queued == 1
    assert depth(client.redis) == 1
    assert begin(ledger, chunk()).attempts == 2


def test_a_paused_job_takes_photos_without_queueing_them(client: Client) -> None:
    ledger = Ledger(client.redis)
    create_job(client.redis, client.store, spec())
    ledger.pause(JOB)
    assert ledger.enqueue(chunk(), PRIORITY_BULK) == "paused"
    snapshot = ledger.inspect(JOB)
    assert (snapshot.status.state, snapshot.is_sealed) == (JobState.PAUSED, False)
    ledger.seal(JOB, SubmissionEnd(photos=4))
    assert ledger.inspect(JOB).is_sealed
    assert ledger.status(JOB).state is JobState.PAUSED
    job = client.job(JOB)
    assert job.resume().state is JobState.RUNNING
    assert depth(client.redis) == 1, "queued without a worker that reconciles"


def test_a_job_that_ends_is_not_paused(ledger: Ledger, client: Client) -> None:
    ledger.pause(JOB)
    for start in (0, 4, 8):
        record(ledger, chunk(start), list(range(start, start + 4)))
    status = ledger.status(JOB)
    assert (status.state, status.paused) == (JobState.DONE, None)
    for change in (client.job(JOB).pause, client.job(JOB).resume):
        with pytest.raises(UsageError, match="is done: only a job that has not ended"):
            change()


def test_a_paused_job_can_be_cancelled_and_removed(ledger: Ledger, client: Client) -> None:
    job = client.job(JOB)
    job.pause()
    status = job.cancel()
    assert (status.state, status.paused, status.cancelled) == (JobState.CANCELLED, None, 12)
    job.remove()
    assert ledger.job_ids() == []
    assert stored_keys(client) == []


@pytest.mark.parametrize("change", ["pause", "cancel"])
def test_a_change_that_redis_lost_is_repeated_by_the_audit(
    change: str, ledger: Ledger, client: Client
) -> None:
    job = client.job(JOB)
    before = client.redis.dump(keys.job(JOB))
    expected = getattr(job, change)().state
    client.redis.restore(keys.job(JOB), 60_000, before, replace=True)
    assert ledger.status(JOB).state is JobState.RUNNING
    audit(client.redis, client.store)
    assert ledger.status(JOB).state is expected


def test_a_job_rebuilt_from_its_manifest_is_still_paused(client: Client) -> None:
    manifests = ManifestStore(client.store)
    job = JobSpec(job_id=JOB, name="", created=time.time(), chunk_size=4, retention_seconds=3600)
    create_job(client.redis, client.store, job)
    client.job(JOB).pause()
    entry = ManifestEntry(image="a.jpg", sha256="0" * 64, size=1)
    manifests.write_segment(JOB, 0, [entry])
    manifests.write_end(JOB, SubmissionEnd(photos=1))
    redis: Any = client.redis
    redis.flushdb()
    assert client.repair(JOB).rebuilt == 1
    assert client.job(JOB).status().state is JobState.PAUSED
    assert depth(redis) == 0
    client.job(JOB).resume()
    redis.delete(keys.job(JOB))
    client.repair(JOB)
    assert client.job(JOB).status().state is JobState.RUNNING

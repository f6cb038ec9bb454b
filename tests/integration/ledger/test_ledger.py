"""The rules of the ledger, on a real server."""

from __future__ import annotations

import time
from typing import Any

import pytest

from glasses.client import Client
from glasses.errors import UsageError
from glasses.ledger import LeaseGrant, Ledger, OutcomeRecord, keys
from glasses.ledger.queue import PRIORITY_BULK, PRIORITY_SMALL
from glasses.protocol.outcome import Box, Face, Outcome
from glasses.protocol.schemas import ChunkMessage, JobSpec, SubmissionEnd
from glasses.protocol.statuses import FailureReason, JobState, PhotoStatus

JOB = "abcdefgh"
FACE = Face(box=Box(left=1, top=2, width=3, height=4), detection_score=0.5, probability=0.9)
GLASSES = Outcome(status=PhotoStatus.CLASSIFIED, faces=(FACE,))
NO_FACE = Outcome(status=PhotoStatus.NO_FACE)


@pytest.fixture
def ledger(client: Client) -> Ledger:
    found = Ledger(client.redis)
    found.create(spec(), None, None)
    return found


def spec() -> JobSpec:
    return JobSpec(
        job_id=JOB, name="test", created=time.time(), chunk_size=4, retention_seconds=3600
    )


def chunk(start: int = 0, count: int = 4) -> ChunkMessage:
    return ChunkMessage(job_id=JOB, start=start, count=count)


def begin(
    ledger: Ledger,
    what: ChunkMessage,
    lease: float = 10,
    model: str = "m@1",
    holder: str = "",
) -> LeaseGrant:
    return ledger.acquire(
        what,
        model=model,
        threshold=0.7,
        lease_seconds=lease,
        max_attempts=2,
        holder=holder,
    )


def record(ledger: Ledger, ends: ChunkMessage | None, numbers: list[int]) -> int:
    rows = [OutcomeRecord(n, GLASSES, True, None) for n in numbers]
    return ledger.record(JOB, ends, rows, model="m@1")


def test_a_chunk_is_enqueued_acquired_and_recorded(ledger: Ledger) -> None:
    assert ledger.enqueue(chunk(), PRIORITY_BULK) == "enqueued"
    begun = begin(ledger, chunk())
    assert (begun.answer, begun.attempts, begun.wanted) == ("acquired", 1, (0, 1, 2, 3))
    assert begun.threshold == 0.7
    assert ledger.seal(JOB, SubmissionEnd(photos=4)) == 0
    assert ledger.status(JOB).state is JobState.RUNNING
    rows = [
        OutcomeRecord(0, GLASSES, True, None),
        OutcomeRecord(1, NO_FACE, False, None),
        OutcomeRecord(2, Outcome.failed(FailureReason.CORRUPT), False, None),
        OutcomeRecord(3, GLASSES, False, None),
    ]
    assert ledger.record(JOB, chunk(), rows, model="m@1") == 4
    status = ledger.status(JOB)
    assert status.state is JobState.DONE
    assert (status.classified, status.no_face, status.failed, status.pending) == (2, 1, 1, 0)
    assert status.with_glasses == 1
    assert status.finished is not None
    assert status.finished >= status.created


def test_enqueueing_a_chunk_twice_counts_its_photos_once(ledger: Ledger) -> None:
    for _ in range(2):
        ledger.enqueue(chunk(), PRIORITY_BULK)
    assert ledger.status(JOB).submitted == 4


def test_a_result_is_never_replaced_or_counted_twice(ledger: Ledger, client: Client) -> None:
    ledger.enqueue(chunk(), PRIORITY_BULK)
    assert record(ledger, None, [0, 1]) == 2
    rows = [OutcomeRecord(n, NO_FACE, False, None) for n in range(4)]
    assert ledger.record(JOB, chunk(), rows, model="m@1") == 2
    redis: Any = client.redis
    assert Outcome.decode(redis.hget(keys.outcomes(JOB), 0)) == GLASSES
    status = ledger.status(JOB)
    assert (status.classified, status.no_face, status.with_glasses) == (2, 2, 2)


def test_acquire_returns_only_photos_without_a_result(ledger: Ledger) -> None:
    ledger.enqueue(chunk(), PRIORITY_BULK)
    record(ledger, None, [1, 2])
    assert begin(ledger, chunk()).wanted == (0, 3)


def test_a_leased_chunk_cannot_be_acquired_until_its_lease_expires(ledger: Ledger) -> None:
    ledger.enqueue(chunk(), PRIORITY_BULK)
    assert begin(ledger, chunk(), lease=0.3).answer == "acquired"
    assert begin(ledger, chunk()).answer == "busy"
    time.sleep(0.35)
    again = begin(ledger, chunk())
    assert (again.answer, again.attempts) == ("acquired", 2)


def test_a_renewed_lease_lasts_longer(ledger: Ledger) -> None:
    ledger.enqueue(chunk(), PRIORITY_BULK)
    begin(ledger, chunk(), lease=0.3)
    assert ledger.renew(chunk(), 5)
    time.sleep(0.35)
    assert begin(ledger, chunk()).answer == "busy"


def test_a_run_that_was_replaced_does_not_renew_the_lease_of_its_successor(
    ledger: Ledger,
) -> None:
    ledger.enqueue(chunk(), PRIORITY_BULK)
    begin(ledger, chunk(), lease=0.05, holder="first")
    time.sleep(0.1)
    begin(ledger, chunk(), lease=10, holder="second")
    assert not ledger.renew(chunk(), 10, "first")
    assert ledger.renew(chunk(), 10, "second")


def test_a_late_worker_finds_a_finished_chunk_done(ledger: Ledger) -> None:
    ledger.enqueue(chunk(), PRIORITY_BULK)
    record(ledger, chunk(), [0, 1, 2, 3])
    assert begin(ledger, chunk()).answer == "done"
    assert not ledger.renew(chunk(), 5)


def test_a_chunk_without_attempts_left_is_split_in_two(ledger: Ledger) -> None:
    ledger.enqueue(chunk(), PRIORITY_BULK)
    for _ in range(2):
        assert begin(ledger, chunk(), lease=0.001).answer == "acquired"
        time.sleep(0.01)
    assert begin(ledger, chunk(), lease=0.001).answer == "exhausted"
    halves = ledger.split(chunk(), PRIORITY_BULK, max_attempts=2)
    assert halves == ["0+2", "2+2"]
    assert ledger.split(chunk(), PRIORITY_BULK, max_attempts=2) == []
    assert begin(ledger, chunk()).answer == "done"
    assert begin(ledger, chunk(0, 2), lease=0.001).answer == "acquired"
    time.sleep(0.01)
    assert begin(ledger, chunk(0, 2), lease=0.001).answer == "exhausted"
    assert ledger.status(JOB).submitted == 4


def test_nack_restores_the_attempt(ledger: Ledger) -> None:
    ledger.enqueue(chunk(), PRIORITY_BULK)
    for _ in range(5):
        assert begin(ledger, chunk()).attempts == 1
        ledger.nack(chunk())


def test_only_the_holder_of_a_lease_can_nack(ledger: Ledger) -> None:
    ledger.enqueue(chunk(), PRIORITY_BULK)
    begin(ledger, chunk(), lease=0.001, holder="first")
    time.sleep(0.01)
    assert begin(ledger, chunk(), holder="second").attempts == 2
    ledger.nack(chunk(), "first")
    assert begin(ledger, chunk()).answer == "busy"
    ledger.nack(chunk(), "second")
    assert begin(ledger, chunk()).attempts == 2


def test_an_abandoned_chunk_is_free_at_once_and_its_attempt_stays_counted(
    ledger: Ledger, client: Client
) -> None:
    ledger.enqueue(chunk(), PRIORITY_BULK)
    begin(ledger, chunk(), holder="first")
    assert ledger.abandon(chunk(), "first")
    assert client.redis.zscore(keys.pending(JOB, PRIORITY_SMALL), chunk().chunk_id)
    assert begin(ledger, chunk()).attempts == 2


def test_only_the_holder_of_a_lease_can_abandon(ledger: Ledger) -> None:
    ledger.enqueue(chunk(), PRIORITY_BULK)
    assert not ledger.abandon(chunk(), "first")
    begin(ledger, chunk(), lease=0.001, holder="first")
    time.sleep(0.01)
    begin(ledger, chunk(), holder="second")
    assert not ledger.abandon(chunk(), "first")
    assert begin(ledger, chunk()).answer == "busy"
    record(ledger, chunk(), [0, 1, 2, 3])
    assert not ledger.abandon(chunk(), "second")


def test_photos_lost_in_a_redis_crash_are_detected(ledger: Ledger) -> None:
    ledger.enqueue(chunk(), PRIORITY_BULK)
    record(ledger, None, [4])
    assert ledger.seal(JOB, SubmissionEnd(photos=8)) == 3
    assert ledger.missing(JOB, 0, 8) == [5, 6, 7]
    assert ledger.inspect(JOB).needs_repair
    ledger.enqueue(chunk(4), PRIORITY_BULK)
    assert ledger.missing(JOB, 0, 8) == []
    assert ledger.seal(JOB, SubmissionEnd(photos=8)) == 0
    assert not ledger.inspect(JOB).needs_repair


def test_one_job_has_one_model(ledger: Ledger) -> None:
    ledger.enqueue(chunk(), PRIORITY_BULK)
    ledger.enqueue(chunk(4), PRIORITY_BULK)
    assert begin(ledger, chunk()).answer == "acquired"
    assert begin(ledger, chunk(4), model="m@2").answer == "other_model"
    assert begin(ledger, chunk(4)).answer == "acquired"
    assert ledger.status(JOB).model == "m@1"


def test_cancelling_counts_pending_photos_and_rejects_later_results(ledger: Ledger) -> None:
    ledger.enqueue(chunk(), PRIORITY_BULK)
    ledger.enqueue(chunk(4), PRIORITY_BULK)
    begin(ledger, chunk(4))
    record(ledger, chunk(), [0, 1, 2, 3])
    ledger.cancel(JOB)
    assert record(ledger, chunk(4), [4, 5, 6, 7]) == -2
    assert not ledger.renew(chunk(4), 5)
    assert begin(ledger, chunk(4)).answer == "cancelled"
    assert ledger.enqueue(chunk(8), PRIORITY_BULK) == "cancelled"
    status = ledger.status(JOB)
    assert status.state is JobState.CANCELLED
    assert (status.submitted, status.classified, status.cancelled, status.pending) == (8, 4, 4, 0)


def test_a_forgotten_job_is_unknown(ledger: Ledger) -> None:
    ledger.enqueue(chunk(), PRIORITY_BULK)
    ledger.forget(JOB)
    assert begin(ledger, chunk()).answer == "gone"
    assert record(ledger, chunk(), [0]) == -1
    assert ledger.job_ids() == []
    with pytest.raises(UsageError, match="no job"):
        ledger.status(JOB)

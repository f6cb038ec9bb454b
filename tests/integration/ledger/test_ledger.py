"""The ledger's rules, on a real server."""

from __future__ import annotations

import time
from typing import Any

import pytest

from glasses import keys
from glasses.client import Client
from glasses.errors import UsageError
from glasses.ledger import Begun, Ledger, Recorded, gaps
from glasses.outcome import Box, Face, Outcome
from glasses.queue import PRIORITY_BULK, PRIORITY_SMALL
from glasses.schemas import ChunkMessage, JobSpec
from glasses.statuses import FailureReason, JobState, PhotoStatus

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
) -> Begun:
    return ledger.begin(
        what,
        model=model,
        threshold=0.7,
        lease_seconds=lease,
        max_attempts=2,
        ttl=3600,
        holder=holder,
    )


def record(ledger: Ledger, ends: ChunkMessage | None, numbers: list[int]) -> int:
    rows = [Recorded(n, GLASSES, True, None) for n in numbers]
    return ledger.record(JOB, ends, rows, model="m@1", ttl=3600)


def test_a_chunk_goes_through_its_life(ledger: Ledger) -> None:
    assert ledger.open(spec(), chunk(), PRIORITY_BULK) == "opened"
    begun = begin(ledger, chunk())
    assert (begun.answer, begun.attempts, begun.wanted) == ("begun", 1, (0, 1, 2, 3))
    assert begun.threshold == 0.7
    assert ledger.seal(JOB, 4)
    assert ledger.status(JOB).state is JobState.RUNNING
    rows = [
        Recorded(0, GLASSES, True, None),
        Recorded(1, NO_FACE, False, None),
        Recorded(2, Outcome.failed(FailureReason.CORRUPT), False, None),
        Recorded(3, GLASSES, False, None),
    ]
    assert ledger.record(JOB, chunk(), rows, model="m@1", ttl=3600) == 4
    status = ledger.status(JOB)
    assert status.state is JobState.DONE
    assert (status.classified, status.no_face, status.failed, status.pending) == (2, 1, 1, 0)
    assert status.with_glasses == 1
    assert status.finished is not None
    assert status.finished >= status.created


def test_opening_a_chunk_twice_counts_its_photos_once(ledger: Ledger) -> None:
    for _ in range(2):
        ledger.open(spec(), chunk(), PRIORITY_BULK)
    assert ledger.status(JOB).submitted == 4


def test_a_verdict_is_never_replaced_nor_counted_twice(ledger: Ledger, client: Client) -> None:
    ledger.open(spec(), chunk(), PRIORITY_BULK)
    assert record(ledger, None, [0, 1]) == 2
    rows = [Recorded(n, NO_FACE, False, None) for n in range(4)]
    assert ledger.record(JOB, chunk(), rows, model="m@1", ttl=3600) == 2
    redis: Any = client.redis
    assert Outcome.decode(redis.hget(keys.rows(JOB), 0)) == GLASSES
    status = ledger.status(JOB)
    assert (status.classified, status.no_face, status.with_glasses) == (2, 2, 2)


def test_only_photos_without_a_verdict_are_wanted(ledger: Ledger) -> None:
    ledger.open(spec(), chunk(), PRIORITY_BULK)
    record(ledger, None, [1, 2])
    assert begin(ledger, chunk()).wanted == (0, 3)


def test_a_chunk_under_lease_is_left_alone_and_taken_back_after_it(ledger: Ledger) -> None:
    ledger.open(spec(), chunk(), PRIORITY_BULK)
    assert begin(ledger, chunk(), lease=0.3).answer == "begun"
    assert begin(ledger, chunk()).answer == "busy"
    time.sleep(0.35)
    again = begin(ledger, chunk())
    assert (again.answer, again.attempts) == ("begun", 2)


def test_a_renewed_lease_lasts(ledger: Ledger) -> None:
    ledger.open(spec(), chunk(), PRIORITY_BULK)
    begin(ledger, chunk(), lease=0.3)
    assert ledger.renew(chunk(), 5)
    time.sleep(0.35)
    assert begin(ledger, chunk()).answer == "busy"


def test_a_finished_chunk_is_done_for_whoever_comes_late(ledger: Ledger) -> None:
    ledger.open(spec(), chunk(), PRIORITY_BULK)
    record(ledger, chunk(), [0, 1, 2, 3])
    assert begin(ledger, chunk()).answer == "done"
    assert not ledger.renew(chunk(), 5)


def test_attempts_run_out_and_the_chunk_is_halved(ledger: Ledger) -> None:
    ledger.open(spec(), chunk(), PRIORITY_BULK)
    for _ in range(2):
        assert begin(ledger, chunk(), lease=0.001).answer == "begun"
        time.sleep(0.01)
    assert begin(ledger, chunk(), lease=0.001).answer == "exhausted"
    halves = ledger.split(chunk(), PRIORITY_BULK, max_attempts=2, ttl=3600)
    assert halves == ["0+2", "2+2"]
    assert ledger.split(chunk(), PRIORITY_BULK, max_attempts=2, ttl=3600) == []
    assert begin(ledger, chunk()).answer == "done"
    assert begin(ledger, chunk(0, 2), lease=0.001).answer == "begun"
    time.sleep(0.01)
    assert begin(ledger, chunk(0, 2), lease=0.001).answer == "exhausted"
    assert ledger.status(JOB).submitted == 4


def test_a_chunk_given_back_has_its_attempt_back(ledger: Ledger) -> None:
    ledger.open(spec(), chunk(), PRIORITY_BULK)
    for _ in range(5):
        assert begin(ledger, chunk()).attempts == 1
        ledger.give_back(chunk(), 3600)


def test_only_the_run_that_holds_a_chunk_gives_it_back(ledger: Ledger) -> None:
    ledger.open(spec(), chunk(), PRIORITY_BULK)
    begin(ledger, chunk(), lease=0.001, holder="first")
    time.sleep(0.01)
    assert begin(ledger, chunk(), holder="second").attempts == 2
    ledger.give_back(chunk(), 3600, "first")
    assert begin(ledger, chunk()).answer == "busy"
    ledger.give_back(chunk(), 3600, "second")
    assert begin(ledger, chunk()).attempts == 2


def test_a_released_chunk_is_free_at_once_and_its_attempt_stays_counted(
    ledger: Ledger, client: Client
) -> None:
    ledger.open(spec(), chunk(), PRIORITY_BULK)
    begin(ledger, chunk(), holder="first")
    assert ledger.release(chunk(), "first", 3600)
    assert client.redis.zscore(keys.waiting(JOB, PRIORITY_SMALL), chunk().chunk_id)
    assert begin(ledger, chunk()).attempts == 2


def test_only_the_run_that_holds_a_chunk_releases_it(ledger: Ledger) -> None:
    ledger.open(spec(), chunk(), PRIORITY_BULK)
    assert not ledger.release(chunk(), "first", 3600)
    begin(ledger, chunk(), lease=0.001, holder="first")
    time.sleep(0.01)
    begin(ledger, chunk(), holder="second")
    assert not ledger.release(chunk(), "first", 3600)
    assert begin(ledger, chunk()).answer == "busy"
    record(ledger, chunk(), [0, 1, 2, 3])
    assert not ledger.release(chunk(), "second", 3600)


def test_photos_that_a_crash_of_redis_took_back_are_missed_and_found(
    ledger: Ledger, client: Client
) -> None:
    ledger.open(spec(), chunk(), PRIORITY_BULK)
    record(ledger, None, [4])
    assert not ledger.seal(JOB, 8)
    assert gaps(client.redis, JOB, 0, 8) == [5, 6, 7]
    ledger.open(spec(), chunk(4), PRIORITY_BULK)
    assert gaps(client.redis, JOB, 0, 8) == []
    assert ledger.seal(JOB, 8)


def test_one_job_has_one_model(ledger: Ledger) -> None:
    ledger.open(spec(), chunk(), PRIORITY_BULK)
    ledger.open(spec(), chunk(4), PRIORITY_BULK)
    assert begin(ledger, chunk()).answer == "begun"
    assert begin(ledger, chunk(4), model="m@2").answer == "other_model"
    assert begin(ledger, chunk(4)).answer == "begun"
    assert ledger.status(JOB).model == "m@1"


def test_cancelling_counts_what_has_no_verdict_and_refuses_later_ones(ledger: Ledger) -> None:
    ledger.open(spec(), chunk(), PRIORITY_BULK)
    ledger.open(spec(), chunk(4), PRIORITY_BULK)
    begin(ledger, chunk(4))
    record(ledger, chunk(), [0, 1, 2, 3])
    ledger.cancel(JOB)
    assert record(ledger, chunk(4), [4, 5, 6, 7]) == -2
    assert not ledger.renew(chunk(4), 5)
    assert begin(ledger, chunk(4)).answer == "cancelled"
    assert ledger.open(spec(), chunk(8), PRIORITY_BULK) == "cancelled"
    status = ledger.status(JOB)
    assert status.state is JobState.CANCELLED
    assert (status.submitted, status.classified, status.cancelled, status.pending) == (8, 4, 4, 0)


def test_a_forgotten_job_is_unknown(ledger: Ledger) -> None:
    ledger.open(spec(), chunk(), PRIORITY_BULK)
    ledger.forget(JOB)
    assert begin(ledger, chunk()).answer == "gone"
    assert record(ledger, chunk(), [0]) == -1
    assert ledger.job_ids() == []
    with pytest.raises(UsageError, match="no job"):
        ledger.status(JOB)

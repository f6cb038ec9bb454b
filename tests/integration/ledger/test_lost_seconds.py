"""Redis loses its last writes while workers continue; the job still ends with one row per photo."""

from __future__ import annotations

import base64
import json
import random
import time
from collections.abc import Iterator
from typing import Any

import pytest

from glasses.client import Client
from glasses.jobs.enqueue import Enqueuer, recreate
from glasses.jobs.recovery import audit, repair
from glasses.ledger import Ledger, OutcomeRecord, keys
from glasses.ledger.partitions import PRIORITY_STEPS, list_name, partition_of
from glasses.ledger.reconciler import reclaim
from glasses.protocol.outcome import Box, Face, Outcome
from glasses.protocol.schemas import (
    ChunkMessage,
    JobSpec,
    JobStatus,
    ManifestEntry,
    SubmissionEnd,
)
from glasses.protocol.statuses import FailureReason, JobState, PhotoStatus
from glasses.storage.manifest import ManifestStore
from tests.support.rollback import Image, RedisRollback

JOB = "abcdefgh"
PHOTOS = 40
END = SubmissionEnd(photos=PHOTOS)
CHUNK = 4
LEASE = 0.02
MODEL = "m@1"
FACE = Face(box=Box(left=1, top=2, width=3, height=4), detection_score=0.5, probability=0.9)
TRUTH = [
    Outcome(status=PhotoStatus.CLASSIFIED, faces=(FACE,)),
    Outcome(status=PhotoStatus.NO_FACE),
    Outcome.failed(FailureReason.CORRUPT),
]


def truth(number: int) -> Outcome:
    return TRUTH[number % len(TRUTH)]


class World:
    """A submitter, workers and a reconciler that each run one step at a time."""

    def __init__(self, client: Client, chance: random.Random) -> None:
        self.redis: Any = client.redis
        self.past = RedisRollback(client.redis)
        self.chance = chance
        self.ledger = Ledger(client.redis)
        self.store = client.store
        self.files = ManifestStore(client.store)
        self.images: list[Image] = [{}]
        self.spec = JobSpec(
            job_id=JOB, name="t", created=time.time(), chunk_size=CHUNK, retention_seconds=600
        )
        self.entries = [
            ManifestEntry(image=f"{n}.jpg", sha256=f"{n:064x}", size=1) for n in range(PHOTOS)
        ]
        self.files.write_spec(self.spec)
        recreate(self.ledger, self.files, self.spec)
        self.files.write_segment(JOB, 0, self.entries)
        for entry in self.entries:
            self.store.put(f"images/{entry.sha256}", b"x")
        self.enqueuer = Enqueuer(client.redis, self.files, self.spec)
        self.sent = 0
        self.has_sealed = False
        self.runs: list[tuple[ChunkMessage, tuple[int, ...], str]] = []

    def submit(self) -> None:
        """Run the next step of the submitter."""
        if self.sent < PHOTOS:
            some = self.entries[self.sent : self.sent + CHUNK]
            known = {
                str(entry.sha256): truth(number)
                for number, entry in enumerate(some, self.sent)
                if self.chance.random() < 0.3
            }
            self.enqueuer.chunk(self.sent, some, known, {}, self.enqueuer.status())
            self.sent += CHUNK
        elif self.files.end(JOB) is None:
            self.files.write_end(JOB, END)
        elif not self.has_sealed:
            self.enqueuer.status()
            self.ledger.seal(JOB, END)
            self.has_sealed = True

    def take(self) -> None:
        """Let a worker take a message."""
        for priority in PRIORITY_STEPS:
            text = self.redis.rpop(list_name(partition_of(JOB), priority))
            if text is None:
                continue
            (args, _, _) = json.loads(base64.b64decode(json.loads(text)["body"]))
            chunk = ChunkMessage.model_validate(args[0])
            holder = str(self.chance.random())
            grant = self.ledger.acquire(
                chunk, model=MODEL, threshold=0.5, lease_seconds=LEASE, max_attempts=3,
                holder=holder,
            )  # fmt: skip
            if grant.answer == "acquired":
                self.runs.append((chunk, grant.wanted, holder))
            elif grant.answer == "exhausted":
                if chunk.count == 1:  # a real worker would give it up; here nothing kills
                    self.runs.append((chunk, (chunk.start,), holder))
                    return
                for half in self.ledger.split(chunk, 6, 3):
                    assert ChunkMessage.of(JOB, half).count
            return

    def finish(self) -> None:
        """Let a worker record its results, nack its chunk, or die."""
        if not self.runs:
            return
        chunk, wanted, holder = self.runs.pop(self.chance.randrange(len(self.runs)))
        way = self.chance.random()
        if way < 0.1:
            self.ledger.nack(chunk, holder)
        elif way < 0.2:
            self.ledger.abandon(chunk, holder)
        elif way < 0.3:
            return  # killed
        else:
            self.ledger.renew(chunk, LEASE)
            rows = [OutcomeRecord(n, truth(n), n % 3 == 0, None) for n in wanted]
            self.ledger.record(JOB, chunk, rows, model=MODEL)

    def reconcile(self) -> None:
        if self.ledger.spec(JOB) is not None:
            reclaim(self.redis, JOB, 0)

    def repair(self) -> None:
        repair(self.redis, self.store, JOB)

    def forget(self) -> None:
        """Roll Redis back some steps, or to nothing."""
        image = self.chance.choice(self.images[-30:]) if self.chance.random() < 0.9 else {}
        self.past.restore(image)

    def check(self) -> JobStatus | None:
        """Check that the counts agree, whatever was lost."""
        self.images.append(self.past.image())
        if self.ledger.spec(JOB) is None:
            return None
        found = self.ledger.status(JOB)
        counts = (found.classified, found.no_face, found.failed, found.cancelled, found.pending)
        assert min(counts) >= 0
        assert found.submitted == sum(counts)
        assert sum(counts[:3]) == self.redis.hlen(keys.outcomes(JOB))
        if found.state is JobState.DONE and found.complete:
            assert found.submitted == found.classified + found.no_face + found.failed == PHOTOS
        return found

    def calm(self) -> JobStatus:
        """Run without further faults until the workers have ended the job."""
        self.redis.delete(keys.AUDITED)
        deadline = time.monotonic() + 30
        while True:
            found = self.check()
            if found and found.state is JobState.DONE:
                return found
            assert time.monotonic() < deadline, found
            if self.has_sealed:
                self.redis.delete(keys.submitter(JOB))  # it ended; its sign of life is over
            self.submit()
            if found is None:
                audit(self.redis, self.store)
            else:
                _, needs_repair = reclaim(self.redis, JOB, 0)
                if needs_repair:
                    self.repair()
            for _ in range(PHOTOS):
                self.take()
            while self.runs:
                self.finish()


@pytest.fixture(autouse=True)
def emptied(client: Client) -> Iterator[None]:
    yield
    client.redis.flushdb()
    client.store.delete(client.store.keys(""))


@pytest.mark.parametrize("seed", range(8))
def test_every_photo_has_one_row_whatever_redis_loses(client: Client, seed: int) -> None:
    chance = random.Random(seed)
    world = World(client, chance)
    steps = {
        world.submit: 6, world.take: 8, world.finish: 3, world.reconcile: 1, world.repair: 0.3,
        world.forget: 1.5,
    }  # fmt: skip
    for _ in range(100):
        chance.choices(list(steps), list(steps.values()))[0]()
        world.check()
    found = world.calm()
    world.past.close()
    assert (found.submitted, found.complete, found.pending) == (PHOTOS, True, 0)
    rows = client.redis.hgetall(keys.outcomes(JOB))
    assert {int(n): Outcome.decode(text) for n, text in rows.items()} == {
        number: truth(number) for number in range(PHOTOS)
    }


def test_a_worker_that_skips_lost_rows_does_not_finish_its_chunk(
    client: Client,
) -> None:
    world = World(client, random.Random(1))
    chunk = ChunkMessage(job_id=JOB, start=0, count=CHUNK)
    world.ledger.enqueue(chunk, 0)
    before = world.past.image()
    known = [OutcomeRecord(n, truth(n), False, None) for n in (0, 1)]
    world.ledger.record(JOB, None, known, model=MODEL)
    take = {"model": MODEL, "threshold": 0.5, "lease_seconds": 9, "max_attempts": 3}
    assert world.ledger.acquire(chunk, **take).wanted == (2, 3)  # type: ignore[arg-type]
    world.past.restore(before)
    world.past.close()
    mine = [OutcomeRecord(n, truth(n), False, None) for n in (2, 3)]
    world.ledger.record(JOB, chunk, mine, model=MODEL)
    assert world.ledger.status(JOB).pending == 2
    assert world.ledger.acquire(chunk, **take).wanted == (0, 1)  # type: ignore[arg-type]


def test_rows_of_a_chunk_whose_enqueueing_was_lost_count_as_submitted(client: Client) -> None:
    world = World(client, random.Random(1))
    world.past.close()
    chunk = ChunkMessage(job_id=JOB, start=0, count=CHUNK)
    rows = [OutcomeRecord(n, truth(n), False, None) for n in range(CHUNK)]
    world.ledger.record(JOB, chunk, rows, model=MODEL)
    found = world.check()
    assert found is not None
    assert (found.submitted, found.pending) == (CHUNK, 0)
    assert world.ledger.missing(JOB, 0, PHOTOS) == list(range(CHUNK, PHOTOS))


@pytest.mark.parametrize("kept", range(0, 34, 4))
def test_a_job_restored_from_any_prefix_of_its_writes_has_the_same_results(
    client: Client, kept: int
) -> None:
    world = World(client, random.Random(1))
    images = [world.past.image()]
    while world.ledger.status(JOB).state is not JobState.DONE:
        for step in (world.submit, world.take, world.finish, world.reconcile):
            step()
            images.append(world.past.image())
    world.runs.clear()
    world.past.restore(images[kept * len(images) // 34])
    found = world.calm()
    world.past.close()
    assert (found.submitted, found.complete, found.pending) == (PHOTOS, True, 0)

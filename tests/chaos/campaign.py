"""A campaign: jobs are submitted and trouble is made until both suffice; then everything is told.

The same seed makes the same photos and the same troubles in the same order; what they hit depends
on the machine.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from redis.exceptions import RedisError

from glasses.errors import GlassesError
from glasses.schemas import JobStatus
from glasses.statuses import TERMINAL_JOB_STATES
from tests.chaos.pile import Piles, told
from tests.chaos.scene import Scene, rows
from tests.chaos.trouble import KILLS, OTHERS
from tests.support.leftovers import nothing_left_behind
from tests.support.stack import S3, VALKEY, own_stack


@dataclass(frozen=True, slots=True)
class Plan:
    """How much of everything.

    Attributes:
        seed: Of all chance.
        photos: To submit at least.
        kills: To make at least.
        job_photos: In a job.
        jobs: At once.
        poison: Photos of a job that kill whoever looks at them.
        pause: Mean seconds between troubles.
        workers: Of one process each.
        reconciler: False takes it away.
        stall: Seconds without any verdict after which photos count as lost.
    """

    seed: int
    photos: int
    kills: int
    job_photos: int = 250
    jobs: int = 3
    poison: int = 1
    pause: float = 0.5
    workers: int = 2
    reconciler: bool = True
    stall: float = 120


@dataclass(slots=True)
class Report:
    """What came of it: `lost`, `doubled` and `wrong` must be 0."""

    seed: int
    jobs: int = 0
    photos: int = 0
    kills: int = 0
    troubles: dict[str, int] = field(default_factory=dict)
    submitted_again: int = 0
    lost: int = 0
    doubled: int = 0
    wrong: int = 0
    seconds: float = 0
    examples: list[str] = field(default_factory=list)


def run(plan: Plan, home: Path, demo_photos: Path) -> Report:
    """Run a campaign in an empty folder."""
    started = time.monotonic()
    report = Report(plan.seed)
    with own_stack(home / "servers") as stack:
        scene = Scene(stack, home, plan.reconciler)
        try:
            piles = Piles(home, demo_photos)
            for _ in range(plan.workers):
                scene.start_worker()
            _trouble(plan, scene, piles, report)
            _calm(plan, scene)
            for job_id in scene.jobs:
                _judge(scene, job_id, report)
            report.submitted_again = len(scene.abandoned)
            nothing_left_behind(scene.client, scene.abandoned)
        finally:
            scene.end()
    report.seconds = round(time.monotonic() - started)
    return report


def _trouble(plan: Plan, scene: Scene, piles: Piles, report: Report) -> None:
    piling = random.Random(f"{plan.seed} photos")
    kinds = KILLS | OTHERS
    step = 0
    while report.kills < plan.kills or report.photos < plan.photos:
        scene.look_after()
        if scene.submitting + _open_jobs(scene) < plan.jobs:
            scene.submit(piles.make(plan.job_photos, plan.poison, piling))
            report.photos += plan.job_photos
        # Chance of its own for each step, so that none depends on what an earlier one met.
        chance = random.Random(f"{plan.seed} {step}")
        step += 1
        time.sleep(chance.expovariate(1 / plan.pause))
        if report.kills >= plan.kills:
            continue
        (kind,) = chance.choices(list(kinds), list(kinds.values()))
        try:
            done = kind(scene, chance)
        except (RedisError, OSError):
            done = False  # another trouble was there first
        report.troubles[kind.__name__] = report.troubles.get(kind.__name__, 0) + done
        report.kills += done and kind in KILLS


def _calm(plan: Plan, scene: Scene) -> None:
    """Let everything come to an end, or to a standstill."""
    for name in (VALKEY, S3):
        scene.stack.start(name)
    pending, since = -1, time.monotonic()
    while scene.submitting or scene.later or _open_jobs(scene):
        scene.look_after()
        left = sum(status.pending for status in _statuses(scene))
        if left != pending:
            pending, since = left, time.monotonic()
        if time.monotonic() - since > plan.stall:
            return
        time.sleep(0.5)


def _statuses(scene: Scene) -> list[JobStatus]:
    try:
        return [scene.client.job(job_id).status() for job_id in scene.jobs]
    except GlassesError:
        return []  # a server is away


def _open_jobs(scene: Scene) -> int:
    found = _statuses(scene)
    ended = sum(status.state in TERMINAL_JOB_STATES for status in found)
    return len(scene.jobs) - ended


def _judge(scene: Scene, job_id: str, report: Report) -> None:
    truth = scene.jobs[job_id].truth
    status = scene.client.job(job_id).status()
    found = rows(scene.settings, job_id)
    names = Counter(str(row["image"]) for row in found)
    ended = status.classified + status.no_face + status.failed
    assert status.submitted == ended + status.cancelled + status.pending, status
    report.jobs += 1
    report.lost += len(truth.keys() - names.keys())
    report.doubled += names.total() - len(names) + max(0, ended - len(truth))
    for row in found:
        name = str(row["image"])
        if told(row) != truth[name]:
            report.wrong += 1
            report.examples.append(f"{job_id} {name}: {told(row)} instead of {truth[name]}")

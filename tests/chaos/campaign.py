"""A campaign: jobs are submitted while faults are injected; then the cluster must come to rest.

The same seed makes the same photos and the same faults in the same order; what they hit depends on
the machine.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from redis.exceptions import RedisError

from glasses.errors import GlassesError
from glasses.protocol.schemas import JobStatus
from glasses.protocol.statuses import TERMINAL_JOB_STATES
from tests.chaos import oracle
from tests.chaos.clock import Clock
from tests.chaos.cluster import Cluster
from tests.chaos.faults import Fault, schedule
from tests.chaos.network import network
from tests.chaos.photo_set import PhotoSetMaker
from tests.chaos.plan import Plan, Report
from tests.chaos.power_cut import WriteHistory
from tests.chaos.sampler import Sampler
from tests.chaos.watches import Watches
from tests.support.leftovers import nothing_left_behind
from tests.support.stack import S3, VALKEY, own_stack

_MAX_TRIES = 10
"""Attempts at a fault that found no target."""


def run(plan: Plan, home: Path, demo_photos: Path) -> Report:
    """Run a campaign in an empty folder."""
    started = time.monotonic()
    report = Report(plan.seed)
    maker = PhotoSetMaker(home, demo_photos)
    with _cluster(plan, home) as cluster:
        chance = random.Random(f"{plan.seed} photos")

        def submit_more() -> None:
            report.photos += plan.job_photos
            cluster.submit(maker.make(plan.job_photos, plan.poison, chance))

        sampler, watches = Sampler(cluster), Watches(cluster, home)
        cluster.submit_more, cluster.watch = submit_more, watches.tend
        sampler.start()
        try:
            _inject(plan, cluster, report)
            _rest(plan, cluster, watches)
            sampler.stop()
            sampler.judge(report)
            watches.judge(report)
            oracle.judge(cluster, home, report)
            for submitter in cluster.submitters:
                photos = len(submitter.photos.expected)
                report.count("lost", f"still submitting: {submitter.stderr[-300:]}", photos)
            for mistake in cluster.mistakes:
                report.count("tracebacks", mistake)
            try:
                nothing_left_behind(cluster.client, cluster.abandoned)
            except AssertionError as error:
                report.count("leftovers", str(error)[:500])
        finally:
            sampler.stop()
            watches.end()
    report.submitted_again = cluster.submitted_again
    report.seconds = round(time.monotonic() - started)
    return report


@contextmanager
def _cluster(plan: Plan, home: Path) -> Iterator[Cluster]:
    """Start the servers, the workers, and what the planned faults need."""
    with ExitStack() as exits:
        stack = exits.enter_context(own_stack(home / "servers"))
        clock = Clock(stack, home / "clock") if plan.faults.get("clock_steps") else None
        wires = None
        if plan.faults.get("disconnections"):
            wires = exits.enter_context(network(stack.settings))
        settings = wires.settings if wires else stack.settings
        cluster = Cluster(stack, home, settings, plan.reconciler)
        exits.callback(cluster.end)
        cluster.clock, cluster.network = clock, wires
        cluster.write_history = WriteHistory(stack)
        cluster.write_history.start()
        exits.callback(cluster.write_history.stop)
        if plan.faults.get("promotions"):
            cluster.attach_replica()
        for _ in range(plan.workers):
            cluster.start_worker()
        yield cluster


def _inject(plan: Plan, cluster: Cluster, report: Report) -> None:
    """Submit photos and inject faults until both numbers are reached."""
    faults = schedule(plan.seed, plan.faults)
    done: Counter[str] = Counter()
    tries: Counter[Fault] = Counter()
    step = 0

    def replenish() -> None:
        if not faults and report.photos >= plan.photos:
            return
        is_room = len(cluster.submitters) < plan.jobs
        if is_room and len(cluster.submitters) + len(_open(cluster)) < plan.jobs:
            cluster.submit_more()

    cluster.replenish = replenish
    stalled = Stalled(plan.stall)
    while faults or report.photos < plan.photos:
        cluster.tend()
        statuses = _statuses(cluster)
        if stalled((statuses, len(faults), report.photos)):
            # Jobs that never end leave no room for more.
            report.count("stalled", f"{len(faults)} faults to go; {statuses}")
            break
        if faults and not any(_is_under_way(status) for status in statuses.values()):
            time.sleep(0.02)
            continue  # a fault would hit nothing
        # Chance of its own for each step, so that none depends on what an earlier one met.
        chance = random.Random(f"{plan.seed} {step}")
        step += 1
        time.sleep(chance.expovariate(1 / plan.pause))
        if not faults:
            continue
        fault = faults.pop(0)
        try:
            hit = fault(cluster, chance)
        except (RedisError, OSError):
            hit = False  # another fault was there first
        done[fault.__name__] += hit
        cluster.log(f"{fault.__name__} {hit}, {len(faults)} to go, open: {_open(cluster)}")
        tries[fault] += not hit
        if not hit and tries[fault] < _MAX_TRIES:
            faults.insert(chance.randint(0, len(faults)), fault)
    cluster.replenish = lambda: None
    report.faults = dict(done)


def _rest(plan: Plan, cluster: Cluster, watches: Watches) -> None:
    """Wait until every job and every watch has ended, or nothing changes any more."""
    for name in (VALKEY, S3):
        cluster.stack.start(name)
    stalled = Stalled(plan.stall)
    while True:
        cluster.tend()
        statuses = _statuses(cluster)
        left = (*_open(cluster, statuses), *cluster.submitters, *cluster.later)
        if not (left or watches.running) or stalled((statuses, watches.running, len(left))):
            return
        time.sleep(0.2)


class Stalled:
    """Detects that a value has not changed for some seconds."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._since = time.monotonic()
        self._before: object = None

    def __call__(self, now: object) -> bool:
        """Return whether the value has not changed for that time."""
        if now != self._before:
            self._before, self._since = now, time.monotonic()
        return time.monotonic() - self._since > self._seconds


def _statuses(cluster: Cluster) -> dict[str, JobStatus]:
    """Return the status of each job that Redis knows; {} while a server is down."""
    try:
        return {status.job_id: status for status in cluster.client.jobs()}
    except GlassesError:
        return {}


def _is_under_way(status: JobStatus) -> bool:
    return status.submitted > 0 and status.state not in TERMINAL_JOB_STATES


def _open(cluster: Cluster, statuses: dict[str, JobStatus] | None = None) -> list[str]:
    """Return the jobs that were submitted and have not ended."""
    statuses = _statuses(cluster) if statuses is None else statuses
    return [
        job_id
        for job_id, job in cluster.jobs.items()
        if job.submitted and not job.removed
        if job_id not in statuses or statuses[job_id].state not in TERMINAL_JOB_STATES
    ]

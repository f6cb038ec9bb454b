"""Redis loses everything, and users type commands before all jobs are rebuilt."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

from tests.chaos.cluster import Cluster

_MOST_COMMANDS = 6
_RECONCILED = 0.5
"""Share of flushes after which a user rebuilds all jobs; workers do it by themselves."""
_VICTIM = 0.6
"""Share of commands that name the same job."""
_REMOVED = 0.5
"""Share of flushes after which one job is rebuilt and removed before the others are rebuilt."""


def flush_all(cluster: Cluster, chance: random.Random) -> bool:
    """FLUSHALL, then some commands in any order, then perhaps `glasses reconcile`."""
    cluster.flushed = True
    redis: Any = cluster.client.redis
    redis.flushall()
    jobs = [job_id for job_id, job in cluster.jobs.items() if not job.removed]
    victim = chance.choice(jobs) if jobs else None
    if victim and chance.random() < _REMOVED:
        _reconcile(cluster, victim)
        _remove(cluster, victim)
    for _ in range(chance.randint(2, _MOST_COMMANDS)):
        command = chance.choice(list(_COMMANDS))
        jobs = [job_id for job_id, job in cluster.jobs.items() if not job.removed]
        if not jobs:
            break
        job_id = victim if victim in jobs and chance.random() < _VICTIM else chance.choice(jobs)
        command(cluster, str(job_id))
        cluster.tend()
    if chance.random() < _RECONCILED:
        cluster.run("reconcile")
    return True


def _remove(cluster: Cluster, job_id: str) -> None:
    job = cluster.jobs[job_id]
    if not job.submitted:
        return  # while it is being submitted is another story
    if cluster.run("rm", job_id).returncode == 0:
        job.removed = True


def _cancel(cluster: Cluster, job_id: str) -> None:
    job = cluster.jobs[job_id]
    if job.submitted and cluster.run("cancel", job_id, "--json").returncode == 0:
        job.cancelled = True


def _reconcile(cluster: Cluster, job_id: str) -> None:
    cluster.run("reconcile", job_id)


def _results(cluster: Cluster, job_id: str) -> None:
    cluster.run("results", job_id, "--format", "jsonl")


def _watch(cluster: Cluster, job_id: str) -> None:
    cluster.run("watch", job_id, "--timeout", "1", "--json")


def _status(cluster: Cluster, job_id: str) -> None:
    done = cluster.run("status", job_id, "--json")
    if done.returncode in {0, 1, 5}:
        json.loads(done.stdout)


def _submit(cluster: Cluster, _: str) -> None:
    cluster.submit_more()


_COMMANDS: list[Callable[[Cluster, str], None]] = [
    _remove, _remove, _cancel, _reconcile, _reconcile, _results, _watch, _status, _submit,
]  # fmt: skip

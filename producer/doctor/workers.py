"""Checks of the workers, the queue and the jobs."""

from __future__ import annotations

import secrets
import time
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

from glasses.config.local_stack import start_workers_hint
from glasses.config.settings import Settings
from glasses.ledger import Ledger, keys
from glasses.ledger.queue import depth, send_ping
from glasses.ledger.stall_reason import stall_reason
from glasses.ledger.workers import hosts, live_workers
from glasses.protocol.statuses import JobState
from producer.doctor.finding import CheckState, Finding
from producer.pluralize import pluralize

_POLL_SECONDS = 0.05


def workers(settings: Settings, redis: Redis) -> Finding:
    """Check that workers are running, all with the same model."""
    live = live_workers(redis)
    if not live:
        todo = f"start some: {start_workers_hint(settings)}"
        return Finding("workers", CheckState.FAILED, "none is running", todo, serves=True)
    models = sorted({worker.model for worker in live})
    processes = pluralize(sum(worker.processes for worker in live), "process")
    says = f"{pluralize(hosts(live), 'host')}, {processes}, model {', '.join(models)}"
    if len(models) > 1:
        todo = "give all workers the same model: workers with another model cannot help a job"
        return Finding("workers", CheckState.WARNING, says, todo)
    for worker in live:
        if worker.trouble:
            says += f"; {worker.worker_id} has a problem with its servers"
            return Finding("workers", CheckState.WARNING, says, worker.trouble)
    return Finding("workers", CheckState.OK, says)


def queue(redis: Redis, seconds: float) -> Finding:
    """Check that a message through the queue reaches a worker."""
    any_redis: Any = redis
    waiting = depth(any_redis)
    says = f"{pluralize(waiting, 'message')} waiting"
    if not live_workers(redis):
        return Finding("queue", CheckState.SKIPPED, f"{says}; no worker is running")
    token = secrets.token_hex(8)
    started = time.monotonic()
    try:
        send_ping(redis, token)
    except RedisError as error:
        says += f"; it cannot take messages: {error}"
        return Finding("queue", CheckState.FAILED, says, "see the Redis check", serves=True)
    while not any_redis.exists(keys.ping(token)):
        if time.monotonic() - started > seconds:
            says += f", and no worker answered within {seconds:.0f} s"
            todo = "all may be busy: try again, or check the workers' logs"
            return Finding(
                "queue", CheckState.WARNING if waiting else CheckState.FAILED, says, todo, True
            )
        time.sleep(_POLL_SECONDS)
    milliseconds = 1000 * (time.monotonic() - started)
    return Finding("queue", CheckState.OK, f"{says}; a worker answered in {milliseconds:.0f} ms")


def jobs(settings: Settings, redis: Redis) -> Finding:
    """Check for stalled and incomplete jobs."""
    ledger = Ledger(redis)
    statuses = [ledger.status(job_id) for job_id in ledger.job_ids()]
    pending = sum(status.pending for status in statuses)
    says = f"{pluralize(len(statuses), 'job')}, {pluralize(pending, 'photo')} pending"
    for status in statuses:
        if reason := stall_reason(settings, redis, status):
            return Finding(
                "jobs", CheckState.WARNING, f"{says}; {status.job_id} is waiting", reason
            )
    incomplete = [
        status.job_id
        for status in statuses
        if not status.complete and status.state is not JobState.CANCELLED
    ]
    if incomplete:
        todo = "run its `glasses submit` again: photos already classified are skipped"
        return Finding("jobs", CheckState.WARNING, f"{says}; {incomplete[0]} is incomplete", todo)
    return Finding("jobs", CheckState.OK, says)

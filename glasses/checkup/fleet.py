"""Workers, the way to them, and the jobs that wait for them."""

from __future__ import annotations

import secrets
import time
from typing import Any

from redis import Redis

from glasses import keys
from glasses.blockage import blockage
from glasses.checkup.finding import Finding, State
from glasses.ledger import Ledger
from glasses.local_stack import starts_workers
from glasses.queue import ECHO, QUEUE, depth, make_app
from glasses.settings import Settings
from glasses.workers import hosts, live_workers

_POLL_SECONDS = 0.05


def workers(settings: Settings, redis: Redis) -> Finding:
    """Whether somebody works, and all with one model."""
    found = live_workers(redis)
    if not found:
        todo = f"start some: {starts_workers(settings)}"
        return Finding("workers", State.FAILED, "none is alive", todo, serves=True)
    models = sorted({worker.model for worker in found})
    processes = sum(worker.processes for worker in found)
    number = hosts(found)
    says = f"{number} host{'s' * (number != 1)}, "
    says += f"{processes} process{'es' * (processes != 1)}, model {', '.join(models)}"
    if len(models) > 1:
        todo = "give all workers one model: a job is bound to one, and the others cannot help it"
        return Finding("workers", State.WARNING, says, todo)
    return Finding("workers", State.OK, says)


def queue(settings: Settings, redis: Redis, seconds: float) -> Finding:
    """Whether a message comes through to a worker."""
    from kombu.exceptions import OperationalError  # slow to import, with all of Celery

    any_redis: Any = redis
    waiting = depth(any_redis)
    says = f"{waiting} message{'s' * (waiting != 1)} wait{'s' * (waiting == 1)}"
    if not live_workers(redis):
        return Finding("queue", State.SKIPPED, f"{says}; no worker takes them")
    token = secrets.token_hex(8)
    started = time.monotonic()
    try:
        with make_app(settings) as app:
            app.send_task(ECHO, args=[token], queue=QUEUE)
    except OperationalError as error:
        says += f"; it takes no message: {error}"
        return Finding("queue", State.FAILED, says, "see what Redis says above", serves=True)
    while not any_redis.exists(keys.echo(token)):
        if time.monotonic() - started > seconds:
            says += f", and no worker answered within {seconds:.0f} s"
            todo = "all may be busy: try again; else look into the workers' logs"
            return Finding("queue", State.WARNING if waiting else State.FAILED, says, todo, True)
        time.sleep(_POLL_SECONDS)
    milliseconds = 1000 * (time.monotonic() - started)
    return Finding("queue", State.OK, f"{says}; a worker answered in {milliseconds:.0f} ms")


def jobs(settings: Settings, redis: Redis) -> Finding:
    """Whether a job waits for something that does not come."""
    ledger = Ledger(redis)
    statuses = [ledger.status(job_id) for job_id in ledger.job_ids()]
    pending = sum(status.pending for status in statuses)
    says = f"{len(statuses)} job{'s' * (len(statuses) != 1)}, {pending} photos pending"
    for status in statuses:
        if reason := blockage(settings, redis, status):
            return Finding("jobs", State.WARNING, f"{says}; {status.job_id} waits", reason)
    incomplete = [status.job_id for status in statuses if not status.complete]
    if incomplete:
        todo = "run its `glasses submit` again: nothing is paid twice"
        return Finding("jobs", State.WARNING, f"{says}; {incomplete[0]} is incomplete", todo)
    return Finding("jobs", State.OK, says)

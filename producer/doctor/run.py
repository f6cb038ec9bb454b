"""Run all checks in order; those that depend on a failed one are skipped."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from redis.exceptions import RedisError

from glasses.config.settings import Settings, missing_servers, setting_sources, unknown_variables
from glasses.config.stack_file import home
from glasses.ledger.redis_client import connect
from producer.doctor import host, servers, workers
from producer.doctor.finding import CheckState, Finding

ECHO_SECONDS = 10.0
"""Default time limit for a worker to answer."""
_REDIS_CHECKS = ("clock", "workers", "queue", "jobs")


def run_checks(settings: Settings, echo_seconds: float = ECHO_SECONDS) -> Iterator[Finding]:
    """Run all checks, and yield each finding as soon as it is known.

    Args:
        settings: Addresses of the servers.
        echo_seconds: How long to wait for a worker to answer.
    """
    if unknown := unknown_variables():
        todo = "correct or unset these variables: nothing reads them"
        yield Finding("environment", CheckState.WARNING, "; ".join(unknown), todo)
    if missing := missing_servers(settings):
        yield Finding("settings", CheckState.FAILED, *missing, True)
        for name in ("redis", "object store", *_REDIS_CHECKS):
            yield Finding(name, CheckState.SKIPPED, "needs servers")
    else:
        origin = setting_sources(settings)
        names = sorted({origin["redis_url"], origin["s3_endpoint"]})
        where = (name if "." in name else f"the {name}" for name in names)
        yield Finding("settings", CheckState.OK, f"servers configured in {' and '.join(where)}")
        yield from _servers(settings, echo_seconds)
    yield host.disk(dict.fromkeys([Path.cwd(), _existing(home())]))
    yield host.versions()


def _servers(settings: Settings, echo_seconds: float) -> Iterator[Finding]:
    with connect(settings, patient=False) as redis:
        found = servers.redis(settings, redis)
        yield found
        yield servers.object_store(settings)
        if found.state is CheckState.FAILED:
            for name in _REDIS_CHECKS:
                yield Finding(name, CheckState.SKIPPED, "Redis is unavailable")
            return
        try:
            yield servers.clock(redis)
            yield workers.workers(settings, redis)
            yield workers.queue(redis, echo_seconds)
            yield workers.jobs(settings, redis)
        except RedisError as error:
            yield Finding(
                "redis", CheckState.FAILED, f"connection lost: {error}", "try again", True
            )


def _existing(folder: Path) -> Path:
    while not folder.exists():
        folder = folder.parent
    return folder

"""All checks, one after the other; what a failed one makes pointless is skipped."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from redis.exceptions import RedisError

from glasses.checkup import fleet, host, servers
from glasses.checkup.finding import Finding, State
from glasses.redis_client import connect
from glasses.settings import Settings, no_servers, sources
from glasses.stack_file import home

ECHO_SECONDS = 10.0
"""So long a worker may take to answer."""
_NEED_REDIS = ("clock", "workers", "queue", "jobs")


def run(settings: Settings, echo_seconds: float = ECHO_SECONDS) -> Iterator[Finding]:
    """Check everything, and yield what is found as it is found.

    Args:
        settings: Where the servers are.
        echo_seconds: How long to wait for a worker to answer.
    """
    if lacks := no_servers(settings):
        yield Finding("settings", State.FAILED, *lacks, True)
        for name in ("redis", "object store", *_NEED_REDIS):
            yield Finding(name, State.SKIPPED, "needs servers")
    else:
        origin = sources(settings)
        where = sorted({origin["redis_url"], origin["s3_endpoint"]})
        yield Finding("settings", State.OK, f"servers from the {' and the '.join(where)}")
        yield from _servers(settings, echo_seconds)
    yield host.disk(dict.fromkeys([Path.cwd(), _existing(home())]))
    yield host.versions()


def _servers(settings: Settings, echo_seconds: float) -> Iterator[Finding]:
    with connect(settings, patient=False) as redis:
        found = servers.redis(settings, redis)
        yield found
        yield servers.object_store(settings)
        if found.state is State.FAILED:
            for name in _NEED_REDIS:
                yield Finding(name, State.SKIPPED, "Redis does not answer")
            return
        try:
            yield servers.clock(redis)
            yield fleet.workers(settings, redis)
            yield fleet.queue(settings, redis, echo_seconds)
            yield fleet.jobs(settings, redis)
        except RedisError as error:
            yield Finding("redis", State.FAILED, f"went away meanwhile: {error}", "try again", True)


def _existing(folder: Path) -> Path:
    while not folder.exists():
        folder = folder.parent
    return folder

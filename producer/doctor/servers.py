"""Checks of Redis and the object store."""

from __future__ import annotations

import secrets
import socket
import time
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from redis import Redis
from redis.exceptions import AuthenticationError, RedisError

from glasses.config.settings import Settings
from glasses.errors import GlassesError
from glasses.ledger.clock import last_step
from glasses.ledger.redis_client import ServerModeError, address, password_trouble
from glasses.storage.object_store import ObjectStore, job_prefix
from producer.doctor.finding import CheckState, Finding

FULL = 0.9
"""Share of Redis' memory above which the check fails."""
SKEW_WARNING, SKEW_FAILURE = 5.0, 300.0
"""Limits of the clock skew in s. S3 servers reject requests signed more than 15 minutes off."""
_CONNECT_SECONDS = 3.0


def redis(settings: Settings, connection: Redis) -> Finding:
    """Check that Redis answers, has free memory and persists its data."""
    where = address(settings)
    any_redis: Any = connection
    try:
        started = time.perf_counter()
        any_redis.ping()
        milliseconds = 1000 * (time.perf_counter() - started)
        info = any_redis.info()
        policy = any_redis.config_get("maxmemory-policy").get("maxmemory-policy", "")
    except AuthenticationError as error:
        problem, todo = password_trouble(settings, error)
        return Finding("redis", CheckState.FAILED, f"{where} {problem}", todo, serves=True)
    except ServerModeError as error:
        problem, _, todo = str(error).partition(". ")
        return Finding("redis", CheckState.FAILED, f"{where} {problem}", todo, serves=True)
    except RedisError as error:
        return Finding(
            "redis",
            CheckState.FAILED,
            f"{where} is unavailable: {error}",
            "start it (`glasses up --detach`, `glasses ps`), or correct GLASSES_REDIS_URL "
            "(`glasses config`)",
            serves=True,
        )
    product = info.get("server_name", "redis")
    version = info.get(f"{product}_version") or info.get("redis_version")
    used, limit = int(info.get("used_memory", 0)), int(info.get("maxmemory", 0))
    says = f"{product} {version} at {where}, {milliseconds:.1f} ms, {used >> 20} MB used"
    if limit:
        says += f" of {limit >> 20}"
    if limit and used > FULL * limit:
        todo = "raise its maxmemory, or remove old jobs with `glasses rm`"
        return Finding("redis", CheckState.FAILED, f"{says}: nearly full", todo, serves=True)
    if policy not in {"", "noeviction"}:
        todo = "set maxmemory-policy to noeviction, or Redis evicts verdicts when it is full"
        return Finding("redis", CheckState.WARNING, f"{says}, maxmemory-policy {policy}", todo)
    if not info.get("aof_enabled"):
        todo = "set appendonly to yes, or a crash of Redis loses all jobs since its last snapshot"
        return Finding("redis", CheckState.WARNING, f"{says}, no append-only file", todo)
    return Finding("redis", CheckState.OK, says)


def clock(connection: Redis) -> Finding:
    """Check that this machine's clock agrees with Redis', which must not have stepped back."""
    any_redis: Any = connection
    before = time.time()
    seconds, microseconds = any_redis.time()
    here = (before + time.time()) / 2
    skew = here - (seconds + microseconds / 1e6)
    says = f"{abs(skew):.1f} s {'ahead of' if skew > 0 else 'behind'} Redis'"
    if step := last_step(connection):
        when = datetime.fromtimestamp(step.at).astimezone()
        says += f"; Redis' clock stepped back by {step.seconds:.0f} s at {when:%Y-%m-%d %H:%M}"
    if abs(skew) < SKEW_WARNING and step is None:
        return Finding("clock", CheckState.OK, says)
    state = CheckState.WARNING if abs(skew) < SKEW_FAILURE else CheckState.FAILED
    return Finding("clock", state, says, "synchronize the clocks of both machines by NTP")


def object_store(settings: Settings) -> Finding:
    """Check that an object can be written, read and deleted."""
    where = f"{settings.s3_endpoint}, bucket {settings.s3_bucket}"
    parts = urlsplit(str(settings.s3_endpoint))
    port = parts.port or (443 if parts.scheme == "https" else 80)
    todo = "start it (`glasses up --detach`, `glasses ps`), or correct GLASSES_S3_ENDPOINT"
    try:
        # Connect first: the client would retry for half a minute.
        socket.create_connection((parts.hostname or "", port), _CONNECT_SECONDS).close()
    except OSError as error:
        says = f"{where} is unreachable: {error}"
        return Finding("object store", CheckState.FAILED, says, todo, serves=True)
    key, data = job_prefix("doctor") + secrets.token_hex(8), secrets.token_bytes(64)
    try:
        store = ObjectStore(settings)
        started = time.perf_counter()
        store.put(key, data)
        same = store.get(key) == data
        store.delete([key])
        milliseconds = 1000 * (time.perf_counter() - started)
    except GlassesError as error:
        if "NoSuchBucket" in str(error.__cause__):
            todo = (
                "create it with `glasses bucket`: its objects expire after "
                f"{settings.retention_days} days"
            )
            says = f"{where}: the bucket does not exist"
            return Finding("object store", CheckState.FAILED, says, todo, serves=True)
        todo = "check GLASSES_S3_ACCESS_KEY, GLASSES_S3_SECRET_KEY and their permissions"
        return Finding("object store", CheckState.FAILED, str(error), todo, serves=True)
    if not same:
        says = f"{where} returned other bytes than were written"
        return Finding("object store", CheckState.FAILED, says, "check its log", serves=True)
    says = f"{where}: written, read and deleted in {milliseconds:.0f} ms"
    return Finding("object store", CheckState.OK, says)

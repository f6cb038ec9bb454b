"""Redis and the object store."""

from __future__ import annotations

import secrets
import socket
import time
from typing import Any
from urllib.parse import urlsplit

from redis import Redis
from redis.exceptions import AuthenticationError, RedisError

from glasses.checkup.finding import Finding, State
from glasses.errors import GlassesError
from glasses.object_store import ObjectStore, job_prefix
from glasses.redis_client import address, password_trouble
from glasses.settings import Settings

FULL = 0.9
"""Share of Redis' memory from which on it is nearly full."""
SKEW_WARNING, SKEW_FAILURE = 5.0, 300.0
"""Seconds that the clocks may differ. S3 servers refuse requests signed 15 minutes off."""
_CONNECT_SECONDS = 3.0


def redis(settings: Settings, connection: Redis) -> Finding:
    """Whether Redis answers, and keeps what it is told."""
    where = address(settings)
    any_redis: Any = connection
    try:
        started = time.perf_counter()
        any_redis.ping()
        milliseconds = 1000 * (time.perf_counter() - started)
        info = any_redis.info()
        policy = any_redis.config_get("maxmemory-policy").get("maxmemory-policy", "")
    except AuthenticationError as error:
        what, todo = password_trouble(settings, error)
        return Finding("redis", State.FAILED, f"{where} {what}", todo, serves=True)
    except RedisError as error:
        return Finding(
            "redis",
            State.FAILED,
            f"{where} does not serve: {error}",
            "start it (`glasses up --detach`, `glasses ps`), or correct GLASSES_REDIS_URL "
            "(`glasses config`)",
            serves=True,
        )
    product = info.get("server_name", "redis")
    version = info.get(f"{product}_version") or info.get("redis_version")
    used, most = int(info.get("used_memory", 0)), int(info.get("maxmemory", 0))
    says = f"{product} {version} at {where}, {milliseconds:.1f} ms, {used >> 20} MB used"
    if most:
        says += f" of {most >> 20}"
    if most and used > FULL * most:
        todo = "raise its maxmemory, or remove old jobs with `glasses rm`"
        return Finding("redis", State.FAILED, f"{says}: nearly full", todo, serves=True)
    if policy not in {"", "noeviction"}:
        todo = "set maxmemory-policy to noeviction, or it throws verdicts away when it is full"
        return Finding("redis", State.WARNING, f"{says}, maxmemory-policy {policy}", todo)
    if not info.get("aof_enabled"):
        todo = "set appendonly to yes, or a crash of Redis loses the jobs since its last snapshot"
        return Finding("redis", State.WARNING, f"{says}, no append-only file", todo)
    return Finding("redis", State.OK, says)


def clock(connection: Redis) -> Finding:
    """Whether this machine's clock agrees with that of Redis."""
    any_redis: Any = connection
    before = time.time()
    seconds, microseconds = any_redis.time()
    here = (before + time.time()) / 2
    skew = here - (seconds + microseconds / 1e6)
    says = f"{abs(skew):.1f} s {'ahead of' if skew > 0 else 'behind'} Redis'"
    if abs(skew) < SKEW_WARNING:
        return Finding("clock", State.OK, says)
    state = State.WARNING if abs(skew) < SKEW_FAILURE else State.FAILED
    return Finding("clock", state, says, "let both machines keep time by NTP")


def object_store(settings: Settings) -> Finding:
    """Whether an object can be written, read and deleted."""
    where = f"{settings.s3_endpoint}, bucket {settings.s3_bucket}"
    parts = urlsplit(str(settings.s3_endpoint))
    port = parts.port or (443 if parts.scheme == "https" else 80)
    todo = "start it (`glasses up --detach`, `glasses ps`), or correct GLASSES_S3_ENDPOINT"
    try:
        # Asked first: the store itself would wait half a minute for a server to come back.
        socket.create_connection((parts.hostname or "", port), _CONNECT_SECONDS).close()
    except OSError as error:
        says = f"{where} is out of reach: {error}"
        return Finding("object store", State.FAILED, says, todo, serves=True)
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
                f"make the bucket, and let its objects expire after {settings.retention_days} days"
            )
            says = f"{where}: there is no such bucket"
            return Finding("object store", State.FAILED, says, todo, serves=True)
        todo = "check GLASSES_S3_ACCESS_KEY, GLASSES_S3_SECRET_KEY and what they allow"
        return Finding("object store", State.FAILED, str(error), todo, serves=True)
    if not same:
        says = f"{where} gives back other bytes than it was given"
        return Finding("object store", State.FAILED, says, "look into its log", serves=True)
    says = f"{where}: written, read and deleted in {milliseconds:.0f} ms"
    return Finding("object store", State.OK, says)

"""Clock: detection of a Redis clock that stepped back; correction of TTLs set before the step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from redis import Redis

from glasses.ledger import keys
from glasses.ledger.scripts import Scripts
from glasses.ledger.workers import cap_heartbeat_ttls

TOLERANCE_SECONDS = 1.0
"""Smallest step that counts: NTP adjusts by less, which a TTL of 30 s tolerates."""


@dataclass(frozen=True, slots=True)
class ClockStep:
    """A step back of Redis' clock.

    Attributes:
        at: Redis' time right after the step, Unix time in s.
        seconds: Size of the step.
    """

    at: float
    seconds: float


def tick(redis: Redis, lock: str, hold_seconds: float) -> bool:
    """Elect the reconciler for the next `hold_seconds`; return whether it is the caller.

    Also detects a clock that stepped back, and then shortens the TTLs of worker heartbeats.
    """
    is_elected, step_ms = Scripts(redis)(
        "tick",
        [keys.lock(lock), keys.CLOCK],
        [round(hold_seconds * 1000), round(TOLERANCE_SECONDS * 1000), keys.CLOCK_SECONDS],
    )
    if step_ms:
        cap_heartbeat_ttls(redis)
    return bool(is_elected)


def is_locked(redis: Redis, lock: str, seconds: float) -> bool:
    """Return whether a lock is held.

    A longer TTL than `seconds` was set before the clock stepped back, and is reduced to `seconds`.
    """
    any_redis: Any = redis
    ttl_ms = any_redis.pttl(keys.lock(lock))
    if ttl_ms > 1000 * seconds:
        any_redis.pexpire(keys.lock(lock), round(1000 * seconds))
    return bool(ttl_ms > 0)


def last_step(redis: Redis) -> ClockStep | None:
    """Return the last step back within a day; None if there was none."""
    any_redis: Any = redis
    at, by = any_redis.hmget(keys.CLOCK, "stepped_at", "stepped_by")
    return ClockStep(float(at) / 1000, float(by) / 1000) if at and by else None

"""The schedule of expiry: when expired jobs are deleted next, one time for all processes.

The round itself is `glasses.jobs.expiry`. It runs in a pool process, since the reconciler must not
use the object store.
"""

from __future__ import annotations

from typing import Any

from redis import Redis

from glasses.ledger import keys
from glasses.ledger.workers import redis_time

EVERY_SECONDS = 3600
"""Time between two rounds; a job may outlive its retention by as much."""
FIRST_SECONDS = 60
"""Time before the first round in a Redis that knows of none: it may have lost its jobs, which are
being rebuilt."""
RETRY_SECONDS = 300
"""Time after which a round that failed, or was requested and did not end, is tried again."""


def is_due(redis: Redis) -> bool:
    """Return whether to request a round now; the next request then follows after `RETRY_SECONDS`.

    Only the elected reconciler may call this.
    """
    any_redis: Any = redis
    text, now = any_redis.get(keys.EXPIRY), redis_time(redis)
    if text is None:
        schedule(redis, FIRST_SECONDS)
        return False
    if now < float(text) <= now + EVERY_SECONDS:  # later only if the clock stepped back
        return False
    schedule(redis, RETRY_SECONDS)
    return True


def schedule(redis: Redis, seconds: float) -> None:
    """Set the time of the next round."""
    any_redis: Any = redis
    any_redis.set(keys.EXPIRY, redis_time(redis) + seconds, ex=keys.EXPIRY_SECONDS)


def claim_sweep(redis: Redis) -> bool:
    """Return whether nobody has searched for objects without a job within a day."""
    any_redis: Any = redis
    return bool(any_redis.set(keys.SWEPT, "1", nx=True, ex=keys.SWEPT_SECONDS))

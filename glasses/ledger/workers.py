"""Live workers: the heartbeats that they publish in Redis every few seconds."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from redis import Redis

from glasses.ledger import keys
from glasses.protocol.statuses import Deployment
from glasses.protocol.units import (
    Megabytes,
    Photos,
    PhotosPerSecond,
    Probability,
    Seconds,
    UnixTime,
)


class WorkerInfo(BaseModel):
    """One worker host: a parent process and its pool."""

    model_config = ConfigDict(frozen=True)

    worker_id: str = Field(description="host:pid")
    processes: int = Field(description="size of the pool")
    model: str = Field(description="name@fingerprint")
    threshold: Probability = Field(description="threshold of that model")
    started: UnixTime = Field(description="when it started")
    schema_version: int = Field(default=1, description="newest job schema that it supports")
    seen: UnixTime = Field(description="its last heartbeat, by Redis' clock")
    busy: int = Field(default=0, description="processes that are processing a chunk")
    photos_per_second: PhotosPerSecond = Field(
        default=0, description="recent throughput of the whole host"
    )
    process_rate: PhotosPerSecond | None = Field(
        default=None, description="recent throughput of one busy process; null if none was busy"
    )
    memory_mb: Megabytes | None = Field(
        default=None, description="memory of all its processes, shared pages counted once (PSS)"
    )
    deployment: Deployment | None = Field(
        default=None, description="what runs it (setting deployment); null if not set"
    )
    read_folders: tuple[str, ...] = Field(
        default=(), description="folders in which it may read photos that were submitted in place"
    )
    photos: Photos = Field(default=0, description="photos processed since its start")
    chunks: int = Field(default=0, description="runs of chunks since its start")
    repeated: int = Field(default=0, description="those that were not the chunk's first run")
    died: int = Field(default=0, description="runs that crashed, raised an error or timed out")
    reconciled: int = Field(default=0, description="lost chunks that it queued again")
    stages: dict[str, Seconds] = Field(default={}, description="time per stage since its start")
    trouble: str | None = Field(
        default=None, description="why a server failed its last chunk; null if none did"
    )


def announce(redis: Redis, info: WorkerInfo) -> None:
    """Publish a worker's heartbeat, which expires after `keys.WORKER_SECONDS`."""
    any_redis: Any = redis
    now = any_redis.time()[0]
    with any_redis.pipeline(transaction=True) as pipe:
        pipe.set(
            keys.worker(info.worker_id),
            _as_json(info.model_copy(update={"seen": float(now)})),
            ex=keys.WORKER_SECONDS,
        )
        pipe.zadd(keys.WORKERS, {info.worker_id: now})
        pipe.zremrangebyscore(keys.WORKERS, "-inf", now - keys.WORKER_SECONDS)
        pipe.expire(keys.WORKERS, keys.WORKER_SECONDS)
        pipe.execute()


def cap_heartbeat_ttls(redis: Redis) -> None:
    """Reduce TTLs of heartbeats that became too long when Redis' clock stepped back."""
    any_redis: Any = redis
    for worker_id in any_redis.zrange(keys.WORKERS, 0, -1):
        if any_redis.pttl(keys.worker(worker_id)) > 1000 * keys.WORKER_SECONDS:
            any_redis.expire(keys.worker(worker_id), keys.WORKER_SECONDS)


def _as_json(info: WorkerInfo) -> str:
    # json, not pydantic, writes folders whose names are not UTF-8 (they hold lone surrogates).
    return json.dumps(info.model_dump(mode="json"))


def withdraw(redis: Redis, worker_id: str) -> None:
    """Delete a worker's heartbeat, because the worker has exited."""
    any_redis: Any = redis
    any_redis.delete(keys.worker(worker_id))
    any_redis.zrem(keys.WORKERS, worker_id)


def hosts(workers: Iterable[WorkerInfo]) -> int:
    """Return on how many machines the workers run; one machine may run several."""
    return len({worker.worker_id.rpartition(":")[0] for worker in workers})


def live_workers(redis: Redis) -> list[WorkerInfo]:
    """Return the workers whose heartbeats have not expired."""
    any_redis: Any = redis
    names = [keys.worker(worker_id) for worker_id in any_redis.zrange(keys.WORKERS, 0, -1)]
    heartbeats = any_redis.mget(names) if names else []
    return [WorkerInfo(**json.loads(text)) for text in heartbeats if text]


def redis_time(redis: Redis) -> float:
    """Return the time of Redis' clock, which dates heartbeats; Unix time in s."""
    any_redis: Any = redis
    seconds, microseconds = any_redis.time()
    return float(seconds) + float(microseconds) / 1e6


def common_model(redis: Redis) -> WorkerInfo | None:
    """Return a live worker if all have the same model (a new job can be bound to it), else None."""
    workers = live_workers(redis)
    return workers[0] if workers and len({w.model for w in workers}) == 1 else None

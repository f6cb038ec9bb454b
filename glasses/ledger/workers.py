"""Live workers: what they say of themselves in Redis every few seconds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from redis import Redis

from glasses import keys
from glasses.statuses import Deployment
from glasses.units import Megabytes, Photos, PhotosPerSecond, Probability, Seconds, UnixTime


class WorkerInfo(BaseModel):
    """One worker host process with its pool."""

    model_config = ConfigDict(frozen=True)

    worker_id: str = Field(description="host:pid")
    processes: int = Field(description="size of the pool")
    model: str = Field(description="name@fingerprint")
    threshold: Probability = Field(description="of that model")
    started: UnixTime = Field(description="when it started")
    schema_version: int = Field(default=1, description="of the newest job that it understands")
    seen: UnixTime = Field(description="its last sign of life, by Redis' clock")
    busy: int = Field(default=0, description="processes that are at a chunk")
    photos_per_second: PhotosPerSecond = Field(default=0, description="of the whole host, lately")
    process_rate: PhotosPerSecond | None = Field(
        default=None, description="of a process while it works; null: none has lately"
    )
    memory_mb: Megabytes | None = Field(
        default=None, description="of all its processes, shared pages counted once (PSS)"
    )
    deployment: Deployment | None = Field(default=None, description="what started it, if it knows")
    read_folders: tuple[str, ...] = Field(
        default=(), description="in which it reads photos that were submitted in place"
    )
    photos: Photos = Field(default=0, description="given verdicts since its start")
    chunks: int = Field(default=0, description="runs of chunks since its start")
    repeated: int = Field(default=0, description="those that were not the chunk's first")
    died: int = Field(default=0, description="runs that died, raised or were killed for their time")
    reconciled: int = Field(default=0, description="lost chunks that it queued again")
    stages: dict[str, Seconds] = Field(default={}, description="time by stage since its start")


def announce(redis: Redis, info: WorkerInfo) -> None:
    """Say that a worker lives; forgotten after `keys.WORKER_SECONDS`."""
    any_redis: Any = redis
    now = any_redis.time()[0]
    with any_redis.pipeline(transaction=True) as pipe:
        pipe.set(
            keys.worker(info.worker_id),
            info.model_copy(update={"seen": float(now)}).model_dump_json(),
            ex=keys.WORKER_SECONDS,
        )
        pipe.zadd(keys.WORKERS, {info.worker_id: now})
        pipe.zremrangebyscore(keys.WORKERS, "-inf", now - keys.WORKER_SECONDS)
        pipe.expire(keys.WORKERS, keys.WORKER_SECONDS)
        pipe.execute()


def withdraw(redis: Redis, worker_id: str) -> None:
    """Say that a worker has gone."""
    any_redis: Any = redis
    any_redis.delete(keys.worker(worker_id))
    any_redis.zrem(keys.WORKERS, worker_id)


def hosts(workers: Iterable[WorkerInfo]) -> int:
    """On how many machines they are; several may be on one."""
    return len({worker.worker_id.rpartition(":")[0] for worker in workers})


def live_workers(redis: Redis) -> list[WorkerInfo]:
    """Workers seen lately."""
    any_redis: Any = redis
    names = [keys.worker(worker_id) for worker_id in any_redis.zrange(keys.WORKERS, 0, -1)]
    found = any_redis.mget(names) if names else []
    return [WorkerInfo.model_validate_json(text) for text in found if text]


def redis_time(redis: Redis) -> float:
    """Redis' clock, by which heartbeats are dated; Unix time, s."""
    any_redis: Any = redis
    seconds, microseconds = any_redis.time()
    return float(seconds) + float(microseconds) / 1e6


def common_model(redis: Redis) -> WorkerInfo | None:
    """A live worker, if all of them have the same model; then a new job can be bound to it."""
    workers = live_workers(redis)
    return workers[0] if workers and len({w.model for w in workers}) == 1 else None

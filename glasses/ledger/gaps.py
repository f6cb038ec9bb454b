"""Photos that the manifest lists and the ledger has forgotten: Redis crashed and lost a second."""

from __future__ import annotations

from typing import Any

from redis import Redis

from glasses import keys
from glasses.schemas import ChunkMessage


def gaps(redis: Redis, job_id: str, start: int, count: int) -> list[int]:
    """Numbers among `start` … `start + count - 1` with neither a verdict nor an open chunk."""
    any_redis: Any = redis
    # Chunks first: one that ends between the two questions has its rows by then.
    open_now: set[int] = set()
    for chunk_id in any_redis.hkeys(keys.chunks(job_id)):
        chunk = ChunkMessage.of(job_id, chunk_id)
        open_now.update(range(chunk.start, chunk.start + chunk.count))
    numbers = [n for n in range(start, start + count) if n not in open_now]
    found = any_redis.hmget(keys.rows(job_id), numbers) if numbers else []
    return [n for n, row in zip(numbers, found, strict=True) if row is None]

"""Roll Redis back to an earlier state, as after a power cut or a failover to a lagging replica."""

from __future__ import annotations

from typing import Any

from redis import Redis

Image = dict[bytes, tuple[bytes, int]]
"""Key -> dumped value and remaining TTL in ms (0: no expiry)."""


class RedisRollback:
    """Takes images of all Redis data and restores them."""

    def __init__(self, redis: Redis) -> None:
        options = redis.connection_pool.connection_kwargs | {"decode_responses": False}
        self._redis: Any = Redis(connection_pool=type(redis.connection_pool)(**options))

    def image(self) -> Image:
        """Return all present data of Redis."""
        names = self._redis.keys()
        with self._redis.pipeline(transaction=True) as pipe:
            for name in names:
                pipe.dump(name)
                pipe.pttl(name)
            values = pipe.execute()
        found = zip(names, values[::2], values[1::2], strict=True)
        return {name: (value, max(0, life)) for name, value, life in found if value}

    def restore(self, image: Image) -> None:
        """Restore an image; {} is `FLUSHALL`."""
        with self._redis.pipeline(transaction=True) as pipe:
            pipe.flushdb()
            for key, (value, life) in image.items():
                pipe.restore(key, life, value)
            pipe.execute()

    def close(self) -> None:
        self._redis.close()
        self._redis.connection_pool.disconnect()

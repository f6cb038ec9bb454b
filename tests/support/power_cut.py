"""A power cut of the Redis host: the last writes of Valkey never reached the disk."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from redis import Redis


class AppendOnlyFile:
    """Valkey's append-only file; `kill -9` alone loses none of it, since the kernel keeps it."""

    def __init__(self, redis: Redis) -> None:
        any_redis: Any = redis
        self._folder = Path(any_redis.config_get("dir")["dir"]) / "appendonlydir"

    @property
    def length(self) -> int:
        """Return the present length in bytes."""
        return self._path().stat().st_size

    def cut(self, length: int) -> None:
        """Truncate the file to a length; Valkey must be down."""
        os.truncate(self._path(), length)

    def _path(self) -> Path:
        return max(self._folder.glob("*.incr.aof"), key=lambda path: path.stat().st_mtime)

"""Lua scripts: the ledger's atomic steps, one file per step in `lua/`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from hashlib import sha1
from importlib.resources import files
from typing import Any

from redis import Redis
from redis.exceptions import NoScriptError

from glasses.ledger import keys
from glasses.ledger.partitions import PRIORITY_STEPS, partition_of


@cache
def _source(name: str) -> str:
    return (files("glasses.ledger") / "lua" / f"{name}.lua").read_text("utf-8")


@cache
def _sha1(source: str) -> str:
    return sha1(source.encode(), usedforsecurity=False).hexdigest()


@cache
def _job_source(name: str) -> str:
    return _source("prelude") + _source(name)


class Scripts:
    """Run scripts by name; each file documents its arguments and result."""

    def __init__(self, redis: Redis) -> None:
        self._redis: Any = redis

    def __call__(self, name: str, keys: list[str], args: list[Any]) -> Any:
        """Run `lua/NAME.lua` by its hash; the source is sent only if Redis does not have it."""
        return self._call(_source(name), keys, args)

    def on_job(
        self,
        name: str,
        job_id: str,
        own_keys: Sequence[str] = (),
        own_args: Sequence[Any] = (),
        **named: Any,
    ) -> Any:
        """Run `lua/prelude.lua`, which names a job's keys, followed by `lua/NAME.lua`.

        Args:
            name: The script.
            job_id: The job.
            own_keys: Keys that only this script uses.
            own_args: Positional arguments, after the named ones.
            **named: Named arguments; None is omitted.
        """
        named |= {"priorities": PRIORITY_STEPS, "submitter_ms": 1000 * keys.SUBMITTER_SECONDS}
        given = json.dumps({key: value for key, value in named.items() if value is not None})
        names = [*job_keys(job_id), *own_keys]
        return self._call(_job_source(name), names, [given, *own_args])

    def _call(self, source: str, keys: Sequence[str], args: Sequence[Any]) -> Any:
        try:
            return self._redis.evalsha(_sha1(source), len(keys), *keys, *args)
        except NoScriptError:
            # One request, not "load, then run": Redis may restart in between.
            return self._redis.eval(source, len(keys), *keys, *args)


def job_keys(job_id: str) -> list[str]:
    """Return a job's keys in the order of `lua/prelude.lua`."""
    return [
        keys.job(job_id),
        keys.submitter(job_id),
        keys.submitted(job_id),
        keys.outcomes(job_id),
        keys.events(job_id),
        keys.chunks(job_id),
        keys.leases(job_id),
        keys.suspended(job_id),
        keys.partition(partition_of(job_id)),
        *(keys.pending(job_id, priority) for priority in PRIORITY_STEPS),
    ]


def lookup(
    redis: Redis, keys: Sequence[str], fields: Sequence[str]
) -> list[tuple[str | None, ...]]:
    """Return the same fields of several hashes: one script call takes less CPU than a pipeline."""
    values = iter(Scripts(redis)("lookup", list(keys), list(fields)) if keys else [])
    return list(zip(*[values] * len(fields), strict=True))

"""A job by what people call it: its id, an unambiguous beginning of that, or its name."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from typing import Any, Self

from redis import Redis

from glasses import keys
from glasses.errors import UnreadableJobError, UsageError
from glasses.schemas import JOB_ID_PATTERN, JobSpec

_LISTED = 10
"""Candidates that a message names."""
_CLOSE = 3
_EXPIRED = "it may have expired"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A job that may be meant; without a name if this version cannot read its description."""

    job_id: str
    name: str = ""
    created: float = 0

    @classmethod
    def of(cls, spec: JobSpec) -> Self:
        """From its description."""
        return cls(spec.job_id, spec.name, spec.created)

    def __str__(self) -> str:
        when = datetime.fromtimestamp(self.created).astimezone()
        return f"{self.job_id}  {when:%Y-%m-%d %H:%M}  {self.name!r}"


def as_name(text: str) -> str:
    """A name as jobs keep it: bytes that are not UTF-8 are replaced."""
    return os.fsencode(text).decode("utf-8", "replace")


def candidates(redis: Redis) -> list[Candidate]:
    """All jobs that have not expired, the newest first."""
    any_redis: Any = redis
    ids = any_redis.zrevrange(keys.JOBS, 0, -1)
    with any_redis.pipeline(transaction=False) as pipe:
        for job_id in ids:
            pipe.hget(keys.job(job_id), "spec")
        specs = pipe.execute()
    return [_read(job_id, text) for job_id, text in zip(ids, specs, strict=True) if text]


def find(redis: Redis, word: str) -> str:
    """The id of the job that a word means.

    Raises:
        UsageError: None, or more than one, may be meant; names candidates.
    """
    any_redis: Any = redis
    if is_id(word) and any_redis.exists(keys.job(word)):
        return word
    return choose(word, candidates(redis))


def choose(word: str, jobs: Sequence[Candidate], unknown: str = _EXPIRED) -> str:
    """The id of the one job that a word means: a whole id, else a name or an id's beginning.

    Args:
        word: What was typed.
        jobs: All there are.
        unknown: Why there may be none.

    Raises:
        UsageError: None, or more than one, may be meant; names candidates.
    """
    name = as_name(word)
    if word in {job.job_id for job in jobs}:
        return word
    meant = [job for job in jobs if word and (job.job_id.startswith(word) or job.name == name)]
    if len(meant) == 1:
        return meant[0].job_id
    if meant:
        lines = [f"  {job}" for job in meant[:_LISTED]]
        if len(meant) > _LISTED:
            lines.append(f"  and {len(meant) - _LISTED} more: `glasses jobs` lists them")
        raise UsageError(
            "\n".join([f"job {word!r} may be any of these: give an id, or more of it", *lines])
        )
    close = _close(name, jobs)
    hint = f"did you mean {' or '.join(map(repr, close))}? " if close else ""
    raise UsageError(f"no job {word!r} ({unknown}): {hint}`glasses jobs` lists them")


def is_id(word: str) -> bool:
    """Whether a word looks like a whole id; so do some names."""
    return re.fullmatch(JOB_ID_PATTERN, word) is not None


def _close(name: str, jobs: Iterable[Candidate]) -> list[str]:
    words = {word.lower(): word for job in jobs for word in (job.job_id, job.name) if word}
    return [words[found] for found in get_close_matches(name.lower(), words, n=_CLOSE)]


def _read(job_id: str, text: str) -> Candidate:
    try:
        return Candidate.of(JobSpec.parse(job_id, text))
    except UnreadableJobError:
        return Candidate(job_id)

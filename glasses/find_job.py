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
from glasses.patience import Tell
from glasses.schemas import JOB_ID_PATTERN, JobSpec
from glasses.statuses import JobState, listed_state

LONGEST_NAME = 200
"""Characters of a name that is given; a job that is named after its first path may have more."""
_LISTED = 10
"""Candidates that a message names."""
_CLOSE = 3
_EXPIRED = "it may have expired"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A job that may be meant; without a name if this version cannot read its description.

    Attributes:
        job_id: Its id.
        name: For people.
        created: Unix time, s.
        state: As `listed_state` has it; "" where Redis has lost the job.
        photos: That were submitted.
    """

    job_id: str
    name: str = ""
    created: float = 0
    state: str = ""
    photos: int = 0

    @classmethod
    def of(cls, spec: JobSpec, state: str = "", photos: int = 0) -> Self:
        """From its description."""
        return cls(spec.job_id, spec.name, spec.created, state, photos)

    def __str__(self) -> str:
        when = datetime.fromtimestamp(self.created).astimezone()
        known = ""
        if self.state:
            photos = f"{self.photos} photo{'s' * (self.photos != 1)}"
            known = f"{self.state:<10}  {photos:>14}  "
        return f"{self.job_id}  {when:%Y-%m-%d %H:%M}  {known}{self.name!r}"


def check_name(name: str | None) -> None:
    """Refuse a name that nobody can read in a list, before anything is done.

    Raises:
        UsageError: Says how long it is.
    """
    if name is not None and len(name) > LONGEST_NAME:
        raise UsageError(
            f"the job's name has {len(name)} characters, and {LONGEST_NAME} are the most"
        )


def as_name(text: str) -> str:
    """A name as jobs keep it: bytes that are not UTF-8 are replaced."""
    return os.fsencode(text).decode("utf-8", "replace")


def candidates(redis: Redis) -> list[Candidate]:
    """All jobs that have not expired, the newest first."""
    any_redis: Any = redis
    ids = any_redis.zrevrange(keys.JOBS, 0, -1)
    with any_redis.pipeline(transaction=False) as pipe:
        for job_id in ids:
            pipe.hmget(keys.job(job_id), "spec", "state", "submitted", "incomplete")
        found = pipe.execute()
    return [_read(job_id, *values) for job_id, values in zip(ids, found, strict=True) if values[0]]


def find(redis: Redis, word: str, newest: Tell | None = None) -> str:
    """The id of the job that a word means.

    Args:
        redis: Where jobs are.
        word: What was typed.
        newest: Of several jobs of that very name the newest is meant, and this is told so.

    Raises:
        UsageError: None, or more than one, may be meant; names candidates.
    """
    any_redis: Any = redis
    if is_id(word) and any_redis.exists(keys.job(word)):
        return word
    jobs = candidates(redis)
    if newest is None or (found := newest_of(word, jobs)) is None:
        return choose(word, jobs)
    newest(f"{found[1]} jobs are called {word!r}: this is the newest, {found[0]}")
    return found[0]


def newest_of(word: str, jobs: Sequence[Candidate]) -> tuple[str, int] | None:
    """The newest of several jobs of a name, and how many those are.

    Args:
        word: What was typed.
        jobs: All there are.

    Returns:
        None if there are not several, or the word may also mean an id.
    """
    if any(job.job_id.startswith(word) for job in jobs):
        return None
    found = named(word, jobs)
    return (found[0], len(found)) if len(found) > 1 else None


def named(word: str, jobs: Iterable[Candidate]) -> list[str]:
    """The ids of the jobs of that very name, the newest first."""
    found = [job for job in jobs if job.name == as_name(word)]
    return [job.job_id for job in sorted(found, key=lambda job: job.created, reverse=True)]


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


def _read(job_id: str, text: str, state: str, photos: str, incomplete: str | None) -> Candidate:
    try:
        listed = listed_state(JobState(state), incomplete is None)
        return Candidate.of(JobSpec.parse(job_id, text), listed, int(photos))
    except UnreadableJobError:
        return Candidate(job_id)

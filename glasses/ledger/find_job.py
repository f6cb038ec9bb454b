"""Job lookup: by id, by name, or by an unambiguous prefix of the id, in this order.

A word that is exactly a job's id means that job, even if others have it as their name. Any other
word is a name first, even if it looks like an id or ids begin with it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from typing import Any, Self

from redis import Redis

from glasses.config.retry import Notify
from glasses.errors import UnknownJobError, UnreadableJobError, UsageError
from glasses.ledger import keys
from glasses.protocol.schemas import JOB_ID_PATTERN, JobSpec
from glasses.protocol.statuses import JobState

LONGEST_NAME = 200
"""Maximum characters of a name given by the user; a default name, the first path, may be longer."""
_MAX_LISTED = 10
"""Candidates that an error message lists."""
_MAX_SUGGESTIONS = 3
_EXPIRED = "it may have expired"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A job that the user may mean.

    Attributes:
        job_id: The job's id.
        name: The job's name; "" if this version cannot read its specification.
        created: Unix time, s.
        state: The job's state; "" if Redis has lost the job.
        photos: Number of photos submitted.
    """

    job_id: str
    name: str = ""
    created: float = 0
    state: str = ""
    photos: int = 0

    @classmethod
    def of(cls, spec: JobSpec, state: str = "", photos: int = 0) -> Self:
        """Return the candidate for a job's specification."""
        return cls(spec.job_id, spec.name, spec.created, state, photos)

    def __str__(self) -> str:
        when = datetime.fromtimestamp(self.created).astimezone()
        progress = ""
        if self.state:
            photos = f"{self.photos} photo{'s' * (self.photos != 1)}"
            progress = f"{self.state:<10}  {photos:>14}  "
        return f"{self.job_id}  {when:%Y-%m-%d %H:%M}  {progress}{self.name!r}"


def check_name(name: str | None) -> None:
    """Check the length of a job name given by the user.

    Raises:
        UsageError: The name is too long.
    """
    if name is not None and len(name) > LONGEST_NAME:
        raise UsageError(
            f"the job name is too long: {len(name)} characters, at most {LONGEST_NAME} are allowed"
        )


def check_not_an_id(redis: Redis, name: str) -> None:
    """Check that a job name given by the user is not the id of a job, which would hide it.

    Raises:
        UsageError: It is.
    """
    any_redis: Any = redis
    if is_id(name) and any_redis.exists(keys.job(name)):
        raise UsageError(f"the job name {name!r} is the id of another job: choose another name")


def default_name(text: str) -> str:
    """Return a job's default name: the text with bytes that are not UTF-8 replaced."""
    return os.fsencode(text).decode("utf-8", "replace")


def candidates(redis: Redis) -> list[Candidate]:
    """Return all jobs that have not expired, the newest first."""
    any_redis: Any = redis
    ids = any_redis.zrevrange(keys.JOBS, 0, -1)
    with any_redis.pipeline(transaction=False) as pipe:
        for job_id in ids:
            pipe.hmget(keys.job(job_id), "spec", "state", "incomplete", "retention", "paused")
            pipe.bitcount(keys.submitted(job_id))
        answers = pipe.execute()
    return [
        _parse_candidate(job_id, text, state, photos, incomplete, paused)
        for job_id, (text, state, incomplete, retention, paused), photos in zip(
            ids, answers[::2], answers[1::2], strict=True
        )
        if text and retention
    ]


def find_job_id(redis: Redis, word: str, newest: Notify | None = None) -> str:
    """Return the id of the job that the user means.

    Args:
        redis: The server.
        word: The user's input: an id, a name, or a prefix of an id.
        newest: If given, a name that several jobs share means the newest of them, and this function
            is called with a message that says so.

    Raises:
        UnknownJobError: No job matches.
        UsageError: Several jobs match; the message lists them.
    """
    any_redis: Any = redis
    if is_id(word) and any_redis.hexists(keys.job(word), "retention"):
        return word
    jobs = candidates(redis)
    if newest is None or (found := newest_of(word, jobs)) is None:
        return resolve(word, jobs)
    job_id, count = found
    newest(f"{count} jobs are called {word!r}: this is the newest, {job_id}")
    return job_id


def newest_of(word: str, jobs: Sequence[Candidate]) -> tuple[str, int] | None:
    """Return the id of the newest of several jobs with the same name, and their number.

    Args:
        word: The user's input.
        jobs: All jobs.

    Returns:
        None if fewer than two jobs have that name, or if the word is an id.
    """
    if any(job.job_id == word for job in jobs):
        return None
    job_ids = ids_named(word, jobs)
    return (job_ids[0], len(job_ids)) if len(job_ids) > 1 else None


def ids_named(word: str, jobs: Iterable[Candidate]) -> list[str]:
    """Return the ids of the jobs with exactly this name, the newest first."""
    matches = [job for job in jobs if job.name == default_name(word)]
    return [job.job_id for job in sorted(matches, key=lambda job: job.created, reverse=True)]


def resolve(word: str, jobs: Sequence[Candidate], unknown: str = _EXPIRED) -> str:
    """Return the id of the only job that matches: by full id, else by name, else by id prefix.

    Args:
        word: The user's input.
        jobs: All jobs.
        unknown: Why no job may match, for the error message.

    Raises:
        UnknownJobError: No job matches.
        UsageError: Several jobs match; the message lists them.
    """
    name = default_name(word)
    if word in {job.job_id for job in jobs}:
        return word
    wanted = "an id"
    matches = [job for job in jobs if word and job.name == name]
    if not matches:
        wanted = "a longer id"
        matches = [job for job in jobs if word and job.job_id.startswith(word)]
    if len(matches) == 1:
        return matches[0].job_id
    if matches:
        lines = [f"  {job}" for job in matches[:_MAX_LISTED]]
        if len(matches) > _MAX_LISTED:
            lines.append(f"  and {len(matches) - _MAX_LISTED} more: `glasses jobs` lists them")
        raise UsageError("\n".join([f"job {word!r} is ambiguous: give {wanted}", *lines]))
    suggestions = _suggest(name, jobs)
    hint = f"did you mean {' or '.join(map(repr, suggestions))}? " if suggestions else ""
    raise UnknownJobError(f"no job {word!r} ({unknown}): {hint}`glasses jobs` lists them")


def is_id(word: str) -> bool:
    """Return whether a word has the form of a full id, which some names have too."""
    return re.fullmatch(JOB_ID_PATTERN, word) is not None


def _suggest(name: str, jobs: Iterable[Candidate]) -> list[str]:
    words = {word.lower(): word for job in jobs for word in (job.job_id, job.name) if word}
    return [words[match] for match in get_close_matches(name.lower(), words, n=_MAX_SUGGESTIONS)]


def _parse_candidate(
    job_id: str, text: str, state: str, photos: int, incomplete: str | None, paused: str | None
) -> Candidate:
    try:
        found = JobState.of(state, complete=incomplete is None, paused=paused is not None)
        return Candidate.of(JobSpec.parse(job_id, text), found, photos)
    except UnreadableJobError:
        return Candidate(job_id)

"""Shell completion of JOB, from the jobs on the configured servers.

Shells evaluate completions (zsh even twice) and job names are untrusted: only names of plain
characters are offered.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from threading import Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from glasses.ledger.find_job import Candidate

SECONDS = 2.0
"""Time limit for the servers: the user is waiting at a prompt."""
_PLAIN = re.compile(r"[\w.,%+/-]+")
_NOT_PLAIN = re.compile(r"[^\w.,%+/ -]")


def complete_job(incomplete: str) -> list[tuple[str, str]]:
    """Return the matching job ids with their names, and job names with their ids."""
    from glasses.config.settings import get_settings
    from glasses.ledger.find_job import candidates
    from glasses.ledger.redis_client import connect

    jobs: list[Candidate] = []

    def query() -> None:
        try:
            with connect(get_settings(), patient=False) as redis:
                jobs.extend(candidates(redis))
        except Exception:  # An error message would appear in the line being typed.
            return

    # A thread, because host name resolution has no timeout.
    thread = Thread(target=query, daemon=True)
    thread.start()
    thread.join(SECONDS)
    return [(word, text) for word, text in _completions(list(jobs)) if word.startswith(incomplete)]


def _completions(jobs: Iterable[Candidate]) -> Iterator[tuple[str, str]]:
    names = Counter(job.name for job in jobs)
    for job in jobs:
        yield job.job_id, _NOT_PLAIN.sub("?", job.name)
    for job in jobs:
        if names[job.name] == 1 and _PLAIN.fullmatch(job.name) and not job.name.startswith("-"):
            yield job.name, job.job_id

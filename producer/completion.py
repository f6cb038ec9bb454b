"""Completion of JOB in shells: jobs of the configured servers; soon nothing if there are none.

Shells evaluate what they are offered (zsh even twice), and names are other people's data: whatever
is not plain is left out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from threading import Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from glasses.find_job import Candidate

SECONDS = 2.0
"""So long the servers may take; who waits sits at a prompt."""
_PLAIN = re.compile(r"[\w.,%+/-]+")
_NOT_PLAIN = re.compile(r"[^\w.,%+/ -]")


def complete_job(incomplete: str) -> list[tuple[str, str]]:
    """Ids and names that begin so, each with what it is."""
    from glasses.find_job import candidates
    from glasses.redis_client import connect
    from glasses.settings import get_settings

    found: list[Candidate] = []

    def ask() -> None:
        try:
            with connect(get_settings(), patient=False) as redis:
                found.extend(candidates(redis))
        except Exception:  # Whatever it is: an error would land in the line that is being typed.
            return

    # A thread, because looking up a host's name has no time limit of its own.
    asking = Thread(target=ask, daemon=True)
    asking.start()
    asking.join(SECONDS)
    return [(word, what) for word, what in _words(list(found)) if word.startswith(incomplete)]


def _words(jobs: Iterable[Candidate]) -> Iterator[tuple[str, str]]:
    names = Counter(job.name for job in jobs)
    for job in jobs:
        yield job.job_id, _NOT_PLAIN.sub("?", job.name)
    for job in jobs:
        if names[job.name] == 1 and _PLAIN.fullmatch(job.name) and not job.name.startswith("-"):
            yield job.name, job.job_id

"""Jobs in the object store: list them, and find one by a word even if Redis does not know it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from redis import Redis

from glasses.errors import UnreadableJobError
from glasses.ledger.find_job import Candidate, candidates, is_id, resolve
from glasses.protocol.schemas import JobSpec
from glasses.storage import manifest
from glasses.storage.manifest import ManifestStore
from glasses.storage.object_store import ObjectStore

UNKNOWN_EVERYWHERE = "neither Redis nor the object store knows it"


def stored_jobs(store: ObjectStore) -> list[str]:
    """Return the ids of all jobs that have a specification in the object store."""
    listed = manifest.stored_jobs(store)
    return [job.job_id for job in listed if job.is_described and not job.is_removed]


def find_stored(redis: Redis, store: ObjectStore, word: str) -> str:
    """Return the id of the job that a word means, in Redis or in the object store.

    Raises:
        UnknownJobError: No job matches.
        UsageError: More than one job matches; the message lists them.
    """
    known = candidates(redis)
    manifests = ManifestStore(store)
    if is_id(word) and manifests.spec(word) is not None:
        return word
    return _choose(word, known, stored_jobs(store), manifests.spec)


def find_removable(redis: Redis, store: ObjectStore, word: str) -> str:
    """Return the id of the job that a word means, including partly removed jobs.

    Raises:
        UnknownJobError: No job matches.
        UsageError: More than one job matches; the message lists them.
    """
    known = candidates(redis)
    if any(job.job_id == word for job in known):
        return word
    manifests = ManifestStore(store)

    def spec(job_id: str) -> JobSpec | None:
        return manifests.spec(job_id) or manifests.removed_spec(job_id)

    return _choose(word, known, (job.job_id for job in manifest.stored_jobs(store)), spec)


def _choose(
    word: str,
    known: list[Candidate],
    stored: Iterable[str],
    spec: Callable[[str], JobSpec | None],
) -> str:
    """Choose among the jobs in Redis and those stored jobs that Redis does not know."""
    ids = {job.job_id for job in known}
    lost = [_candidate(job_id, spec) for job_id in stored if job_id not in ids]
    return resolve(word, known + lost, UNKNOWN_EVERYWHERE)


def _candidate(job_id: str, spec: Callable[[str], JobSpec | None]) -> Candidate:
    try:
        stored = spec(job_id)
    except UnreadableJobError:
        stored = None
    return Candidate.of(stored) if stored else Candidate(job_id)

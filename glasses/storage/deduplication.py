"""Deduplication: which photos need not be uploaded, or classified, again."""

from __future__ import annotations

import time
from collections.abc import Iterable, Set
from concurrent.futures import Executor

from redis import Redis

from glasses.ledger import keys
from glasses.ledger.scripts import lookup
from glasses.protocol.outcome import Outcome
from glasses.protocol.schemas import ManifestEntry, PackLocation
from glasses.storage.object_store import ObjectStore, pack_key
from glasses.storage.packs import forget_locations, parse_location


def find_known(
    redis: Redis, entries: Iterable[ManifestEntry], model: str | None, retention_seconds: int
) -> tuple[dict[str, Outcome], dict[str, PackLocation]]:
    """Look up known contents in Redis. Locations may be outdated: `missing_contents` checks them.

    Args:
        redis: The server.
        entries: The photos.
        model: The model that would classify them; None if unknown.
        retention_seconds: How long bytes are kept in the object store.

    Returns:
        Outcomes of this model, and locations of stored contents, both by sha256. A content may
        be in both.
    """
    contents = sorted({entry.sha256 for entry in entries if entry.sha256})
    names = [keys.photo(sha256) for sha256 in contents]
    answers = lookup(redis, names, [keys.UPLOADED, model or ""])
    known: dict[str, Outcome] = {}
    present: dict[str, PackLocation] = {}
    for sha256, (uploaded, outcome) in zip(contents, answers, strict=True):
        if outcome:
            known[sha256] = Outcome.decode(outcome)
        if uploaded:
            uploaded_at, location = parse_location(uploaded)
            # Older bytes may expire before they are used, and are uploaded again.
            if location and (outcome or time.time() - uploaded_at < retention_seconds / 2):
                present[sha256] = location
    return known, present


def missing_contents(
    redis: Redis, store: ObjectStore, entries: Iterable[ManifestEntry], threads: Executor
) -> set[str]:
    """Return which contents that a manifest refers to may no longer be stored.

    Must be called after the manifest is written. A removal first deletes the recorded locations of
    what it is about to delete, and then reads the manifests of other jobs. So either the removal
    finds this manifest, or this function finds that the recorded location is missing.

    Args:
        redis: Recorded locations must agree with the manifest.
        store: Packs must exist here; one request per pack.
        entries: Photos located in packs of other submissions.
        threads: Executor for the requests to the object store.

    Returns:
        Contents by sha256. Wrong recorded locations are deleted from Redis.
    """
    required = {(entry.sha256, entry.pack_location) for entry in entries if entry.sha256}
    contents = sorted({sha256 for sha256, _ in required})
    texts = lookup(redis, [keys.photo(sha256) for sha256 in contents], [keys.UPLOADED])
    recorded = {
        s: parse_location(text)[1] for s, (text,) in zip(contents, texts, strict=True) if text
    }
    confirmed = {(s, where) for s, where in required if where and recorded.get(s) == where}
    missing = _missing_packs({where.pack for _, where in confirmed}, store, threads)
    forget_locations(redis, [(s, where.pack) for s, where in confirmed if where.pack in missing])
    stored = {(s, where) for s, where in confirmed if where.pack not in missing}
    return {sha256 for sha256, _ in required - stored}


def _missing_packs(packs: Set[str], store: ObjectStore, threads: Executor) -> set[str]:
    names = sorted(packs)
    found = threads.map(lambda pack: store.exists(pack_key(pack)), names)
    return {name for name, is_stored in zip(names, found, strict=True) if not is_stored}

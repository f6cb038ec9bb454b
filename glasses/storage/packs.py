"""Packs: small photos of a chunk are stored together, which saves requests.

A pack is the concatenation of its photos' bytes; the manifest has the offset of each. A large photo
is a pack by itself. Pack names are unique to a submission and never reused, so that a late deletion
cannot hit a newer upload. When `glasses rm` deletes a pack, it first stores the photos that other
jobs need by themselves (`object_store.member_key`). See `docs/adr/0015-packs.md`.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import TypeVar

from redis import Redis

from glasses.ledger import keys
from glasses.ledger.scripts import Scripts
from glasses.protocol.schemas import ManifestEntry, PackLocation
from glasses.storage.object_store import ObjectStore, image_key, member_key, pack_key

Bytes = TypeVar("Bytes", bytes, memoryview)
PHOTO_BYTES = 256 << 10
"""Larger photos get a pack each: the cost of a request is small compared with their bytes."""
PACK_BYTES = 1 << 20
"""Maximum size of a pack of several photos; a worker holds two or three packs in memory."""
_CLEAR_BATCH = 500


def plan_packs(entries: Sequence[ManifestEntry], submission: str) -> list[list[ManifestEntry]]:
    """Distribute photos with distinct contents to packs.

    Args:
        entries: Photos of one chunk, in order.
        submission: A random text from which pack names are derived, unique to the submission.

    Returns:
        The photos of each pack, with their locations.
    """
    packs: list[list[ManifestEntry]] = []
    free = 0
    for entry in entries:
        size = entry.size or 0
        if not packs or size > free:
            packs.append([])
            free = PACK_BYTES
        packs[-1].append(entry)
        free -= size
    return [_locate(pack, submission) for pack in packs]


def is_small(entry: ManifestEntry) -> bool:
    """Return whether a photo is small enough to share a pack."""
    return entry.size is not None and entry.size <= PHOTO_BYTES


def extract(pack: Bytes, entry: ManifestEntry) -> Bytes:
    """Return a photo's bytes from the bytes of its pack."""
    assert entry.offset is not None
    assert entry.size is not None
    return pack[entry.offset : entry.offset + entry.size]


def read_photo(store: ObjectStore, entry: ManifestEntry, once: bool = False) -> bytes | None:
    """Return a photo's bytes from its pack or its own object; None if neither exists.

    Args:
        store: The object store.
        entry: The photo.
        once: Send single requests, without retries.

    Raises:
        InfrastructureError: The object store is unreachable, or cannot read the object.
    """
    data = None
    if entry.sha256 is None:
        return None
    if entry.pack is not None and entry.offset is not None and entry.size is not None:
        data = store.read_range(pack_key(entry.pack), entry.offset, entry.size, once)
    if data is not None:
        return data
    found = store.get_view(own_object_key(entry), once)
    return None if found is None else bytes(found)


def own_object_key(entry: ManifestEntry) -> str:
    """Return the key of a photo's own object, used if it has no pack or its pack was deleted."""
    assert entry.sha256
    return member_key(entry.pack, entry.sha256) if entry.pack else image_key(entry.sha256)


def record_location(redis: Redis, job_id: str, places: dict[str, PackLocation], ttl: int) -> None:
    """Record in Redis where and since when contents (by sha256) are stored, for later submissions.

    Nothing is recorded once the job is cancelled or removed, because a removal deletes the recorded
    locations only once.
    """
    now = round(time.time())
    texts = [f"{now} {location.pack} {location.offset}" for location in places.values()]
    photos = [keys.photo(sha256) for sha256 in places]
    Scripts(redis)("record_locations", [keys.job(job_id), *photos], [keys.UPLOADED, ttl, *texts])


def parse_location(text: str) -> tuple[float, PackLocation | None]:
    """Parse what `record_location` wrote: the upload time (Unix time, s) and the location.

    The location is None if an older version wrote it.
    """
    uploaded_at, *location = text.split(" ")
    return float(uploaded_at), PackLocation(location[0], int(location[1])) if location else None


def forget_locations(redis: Redis, places: Iterable[tuple[str, str]]) -> None:
    """Delete the recorded locations of contents, given as pairs of sha256 and pack ("": no pack).

    A content that is recorded in another pack keeps that location.
    """
    run = Scripts(redis)
    remaining = iter(places)
    while batch := list(islice(remaining, _CLEAR_BATCH)):
        photos = [keys.photo(sha256) for sha256, _ in batch]
        run("forget_locations", photos, [keys.UPLOADED, *(pack for _, pack in batch)])


def _locate(members: list[ManifestEntry], submission: str) -> list[ManifestEntry]:
    seed = submission + "".join(entry.sha256 or "" for entry in members)
    pack = hashlib.sha256(seed.encode()).hexdigest()[:32]
    located, offset = [], 0
    for entry in members:
        located.append(entry.with_pack_location(PackLocation(pack, offset)))
        offset += entry.size or 0
    return located

"""Small photos of a chunk lie together in the object store: a request for all, not one each.

A pack is its photos' bytes, one after the other; the manifest says where each begins. Its name is
made of their hashes, so the same photos make the same pack. A photo whose pack is gone lies alone
(`object_store.image_key`): whoever removes a job takes what others need out of its packs. See
`docs/adr/0015-packs.md`.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from typing import TypeVar

from redis import Redis

from glasses import keys
from glasses.ledger.scripts import Scripts
from glasses.object_store import ObjectStore, image_key, pack_key
from glasses.schemas import ManifestEntry, Place

Bytes = TypeVar("Bytes", bytes, memoryview)
PHOTO_BYTES = 256 << 10
"""Larger photos lie alone: a request for them costs little beside their bytes."""
PACK_BYTES = 1 << 20
"""Of one pack at most; a worker holds two or three of them."""


def plan(entries: Sequence[ManifestEntry]) -> list[list[ManifestEntry]]:
    """Share out photos, all of different content, each with its place; those of no pack are left.

    Args:
        entries: Small photos of one chunk, in their order.

    Returns:
        The members of each pack. A single photo makes none.
    """
    shares: list[list[ManifestEntry]] = []
    room = 0
    for entry in entries:
        size = entry.size or 0
        if not shares or size > room:
            shares.append([])
            room = PACK_BYTES
        shares[-1].append(entry)
        room -= size
    return [_placed(share) for share in shares if len(share) > 1]


def is_small(entry: ManifestEntry) -> bool:
    """Whether a photo may lie in a pack."""
    return entry.size is not None and entry.size <= PHOTO_BYTES


def member(pack: Bytes, entry: ManifestEntry) -> Bytes:
    """A photo's bytes out of its pack's."""
    assert entry.offset is not None
    assert entry.size is not None
    return pack[entry.offset : entry.offset + entry.size]


def stored(store: ObjectStore, entry: ManifestEntry) -> bytes | None:
    """A single photo's bytes, wherever they lie; None if they are gone.

    Raises:
        InfrastructureError: The object store is out of reach.
    """
    found = None
    if entry.sha256 is None:
        return None
    if entry.pack is not None and entry.offset is not None and entry.size is not None:
        found = store.part(pack_key(entry.pack), entry.offset, entry.size)
    return store.get(image_key(entry.sha256)) if found is None else found


def note(redis: Redis, places: dict[str, Place | None], ttl: int) -> None:
    """Write down that contents lie in the object store, and since when, for later submissions."""
    now = round(time.time())
    texts = [
        f"{now} {place.pack} {place.offset}" if place else str(now) for place in places.values()
    ]
    Scripts(redis)("note", [keys.photo(sha256) for sha256 in places], [keys.UPLOADED, ttl, *texts])


def noted(text: str) -> tuple[float, Place | None]:
    """What `note` wrote: when (Unix time, s), and where."""
    when, *place = text.split(" ")
    return float(when), Place(place[0], int(place[1])) if place else None


def _placed(share: list[ManifestEntry]) -> list[ManifestEntry]:
    names = "".join(entry.sha256 or "" for entry in share)
    pack = hashlib.sha256(names.encode()).hexdigest()[:32]
    placed, offset = [], 0
    for entry in share:
        placed.append(entry.placed(Place(pack, offset)))
        offset += entry.size or 0
    return placed

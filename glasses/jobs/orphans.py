"""Orphans: photos in the object store that no manifest mentions.

They remain if a removal could not read another manifest, or if a submitter was suspended while
its job was removed and then uploaded photos. They are deleted once they are so old that Redis knows
no location in them any more: so no submission can begin to rely on them meanwhile.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from itertools import islice

from glasses.storage.manifest import stored_jobs
from glasses.storage.object_store import IMAGES, PACKS, ObjectStore

_NAME = re.compile(r"[0-9a-f]{32,64}")
_TOKEN = re.compile(rb"[0-9a-f]{32,64}")
_BATCH = 50_000
"""Objects whose names are in memory at a time."""


def delete_orphans(store: ObjectStore, before: datetime) -> int:
    """Delete the photos that were written before a moment and that no manifest mentions.

    Returns:
        The number of deleted objects.

    Raises:
        InfrastructureError: The object store is unreachable, or a manifest cannot be read: then
            nothing that it may mention is deleted.
    """
    deleted = 0
    old = (
        found.key
        for prefix in (PACKS, IMAGES)
        for found in store.objects(prefix)
        if found.put < before and _NAME.match(found.key.removeprefix(prefix))
    )
    while batch := list(islice(old, _BATCH)):
        named = {_pack_or_photo(key): key for key in batch}
        mentioned = {name for name in _mentions(store) if name in named}
        orphans = [key for key in batch if _pack_or_photo(key) not in mentioned]
        deleted += store.delete(orphans)
    return deleted


def _pack_or_photo(key: str) -> bytes:
    """Return the name by which manifests mention an object: its pack, or a photo without a pack."""
    return key.partition("/")[2].partition(".")[0].encode()


def _mentions(store: ObjectStore) -> Iterator[bytes]:
    for job in stored_jobs(store):
        for key in job.segments:
            yield from _TOKEN.findall(store.get(key) or b"")

"""What a test may leave behind: no key without TTL and no object without a job."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from glasses.client import Client
from glasses.storage import listing
from glasses.storage.manifest import ManifestStore
from glasses.storage.object_store import IMAGES, JOBS, pack_key

_LISTS = ("glasses\x06\x16", "glasses.")


def nothing_left_behind(client: Client, abandoned: Collection[str] = ()) -> None:
    """Assert that every key has a TTL and every object belongs to a job.

    Args:
        client: Client of the servers to check.
        abandoned: Ids of jobs that may have objects although Redis does not know them.
    """
    redis: Any = client.redis
    ours = [key for key in redis.scan_iter() if not key.startswith(_LISTS) and key != "glasses"]
    assert [key for key in ours if redis.ttl(key) == -1] == [], "keys without TTL"
    jobs = {status.job_id for status in client.jobs()} | set(abandoned)
    files = ManifestStore(client.store)
    packs = {
        pack_key(entry.pack)
        for job_id in jobs
        for segment in files.all_segments(job_id)
        for entry in segment
        if entry.pack
    }
    stray = [
        key
        for key in client.store.keys("")
        if not key.startswith(IMAGES)
        and key not in packs
        and key.removeprefix(JOBS).split("/")[0] not in jobs
    ]
    if stray:
        # Servers that store files may list empty folders, whose keys end with a slash.
        stray = sorted(set(stray) & set(stored_keys(client)))
    assert stray == [], f"objects that belong to no job: {stray}"


def stored_keys(client: Client) -> list[str]:
    """Return the keys of all objects that are not folders."""
    listed = (each.key for each in listing.objects(client.settings))
    return [key for key in listed if not key.endswith("/")]

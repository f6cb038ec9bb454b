"""What may be left behind: nothing without an end, nothing that belongs to nobody."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from glasses.client import Client
from glasses.job_files import JobFiles
from glasses.object_store import IMAGES, JOBS, pack_key

_CELERYS_OWN = ("_kombu.", "unacked", "glasses\x06\x16", "glasses.")


def nothing_left_behind(client: Client, abandoned: Collection[str] = ()) -> None:
    """Assert that every key of ours has a TTL, and that every object belongs to a job.

    Args:
        client: Of the servers to look at.
        abandoned: Jobs that may have objects though Redis does not know them.
    """
    redis: Any = client.redis
    ours = [
        key for key in redis.scan_iter() if not key.startswith(_CELERYS_OWN) and key != "glasses"
    ]
    assert [key for key in ours if redis.ttl(key) == -1] == [], "keys without TTL"
    jobs = {status.job_id for status in client.jobs()} | set(abandoned)
    files = JobFiles(client.store)
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
    assert stray == [], f"objects that belong to no job: {stray}"

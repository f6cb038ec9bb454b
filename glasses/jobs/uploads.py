"""Uploads: store the photos of a segment, small ones together in packs, large ones alone.

The photos of a pack follow one another in the segment. Uploads therefore start in the order of the
photos, as sources that can only be read sequentially (tar) require.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from concurrent.futures import Future, ThreadPoolExecutor

from redis import Redis

from glasses.protocol.schemas import ManifestEntry, PackLocation
from glasses.sources.photo import Photo
from glasses.storage.object_store import ObjectStore, member_key, pack_key
from glasses.storage.packs import is_small, plan_packs, record_location

Pair = tuple[Photo, ManifestEntry]


def assign_locations(
    entries: Sequence[ManifestEntry],
    packable: Sequence[bool],
    present: Mapping[str, PackLocation],
    chunks: Iterable[slice],
    submission: str,
) -> tuple[list[ManifestEntry], set[str]]:
    """Decide where each photo of a segment will be stored: its present location, or a new pack.

    A pack never spans two chunks, so a worker needs only the packs of its own chunk.

    Args:
        entries: The photos of the segment.
        packable: Per photo, whether it may share a pack.
        present: Locations of the bytes that are stored already, by sha256.
        chunks: The slices of the segment that make up each chunk.
        submission: Random seed of the pack names, see `packs.plan_packs`.

    Returns:
        The entries with locations, and the names of the new packs.
    """
    locations = dict(present)
    packs: set[str] = set()
    seen: set[str] = set()
    for chosen in chunks:
        part = zip(entries[chosen], packable[chosen], strict=True)
        runs: list[list[ManifestEntry]] = [[]]
        for entry, may_be_packed in part:
            sha256 = entry.sha256
            if entry.in_place:
                continue
            if sha256 and sha256 not in locations and sha256 not in seen:
                seen.add(sha256)
                if may_be_packed and is_small(entry):
                    runs[-1].append(entry)
                else:
                    runs += [[entry], []]
        for pack in (pack for run in runs for pack in plan_packs(run, submission)):
            locations |= {
                str(member.sha256): member.pack_location for member in pack if member.pack_location
            }
            packs.add(str(pack[0].pack))
    return [
        entry if entry.in_place else entry.with_pack_location(locations.get(entry.sha256 or ""))
        for entry in entries
    ], packs


class Uploader:
    """Uploads photos of a job and records their locations in Redis."""

    def __init__(
        self, store: ObjectStore, redis: Redis, job_id: str, ttl: int, pool: ThreadPoolExecutor
    ) -> None:
        self._store = store
        self._redis = redis
        self._job_id = job_id
        self._ttl = ttl
        self._pool = pool

    def send(self, pairs: Sequence[Pair], packs: Set[str]) -> dict[str, Future[dict[str, bool]]]:
        """Start uploading packs.

        Args:
            pairs: All photos of a segment, with their manifest entries.
            packs: The new packs. Packs of other submissions are never written.

        Returns:
            Per sha256 that is sent, the future of its pack. The future tells for every sha256 of
            the pack whether the bytes were unchanged since hashing.
        """
        members: dict[str, set[str]] = {}
        for _, entry in pairs:
            if entry.sha256 and entry.pack in packs:
                members.setdefault(str(entry.pack), set()).add(entry.sha256)
        sent: dict[str, Future[dict[str, bool]]] = {}
        incomplete: dict[str, dict[str, Pair]] = {}
        for photo, entry in pairs:  # in their order, since some sources are sequential
            sha256, pack = entry.sha256 or "", entry.pack or ""
            if pack not in members or sha256 in sent or sha256 in incomplete.get(pack, {}):
                continue
            photo.prepare()
            incomplete.setdefault(pack, {})[sha256] = photo, entry
            if incomplete[pack].keys() == members[pack]:
                send = self._send_pack if len(members[pack]) > 1 else self._send_single
                future = self._pool.submit(send, pack, incomplete[pack])
                sent |= dict.fromkeys(members[pack], future)
        return sent

    def _send_single(self, pack: str, pairs: Mapping[str, Pair]) -> dict[str, bool]:
        ((sha256, (photo, _)),) = pairs.items()
        is_unchanged = photo.send(self._store, sha256, pack_key(pack))
        if is_unchanged:
            self._record_locations(pairs)
        return {sha256: is_unchanged}

    def _send_pack(self, pack: str, pairs: Mapping[str, Pair]) -> dict[str, bool]:
        contents = {sha256: photo.read_if_unchanged(sha256) for sha256, (photo, _) in pairs.items()}
        unchanged = {sha256: data for sha256, data in contents.items() if data is not None}
        if len(unchanged) == len(contents):
            self._store.put(pack_key(pack), b"".join(unchanged.values()))
            self._record_locations(pairs)
        else:  # the manifest holds the offsets, so a pack with gaps would be wrong
            for sha256, data in unchanged.items():
                self._store.put(member_key(pack, sha256), data)
        return {sha256: sha256 in unchanged for sha256 in contents}

    def _record_locations(self, pairs: Mapping[str, Pair]) -> None:
        locations = {
            sha256: entry.pack_location
            for sha256, (_, entry) in pairs.items()
            if entry.pack_location
        }
        record_location(self._redis, self._job_id, locations, self._ttl)

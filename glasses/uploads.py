"""Photos of a segment -> the object store: small ones in packs, large ones alone.

A pack holds photos between which nothing else is sent. So uploads begin in the order of the photos,
which is what sources that can only be read from their beginning to their end need.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from concurrent.futures import Future, ThreadPoolExecutor

from redis import Redis

from glasses.object_store import ObjectStore, image_key, pack_key
from glasses.packs import is_small, note, plan
from glasses.schemas import ManifestEntry, Place
from glasses.sources.photo import Photo

Pair = tuple[Photo, ManifestEntry]


def placed(
    entries: Sequence[ManifestEntry],
    packable: Sequence[bool],
    present: Mapping[str, Place | None],
    chunks: Iterable[slice],
) -> tuple[list[ManifestEntry], set[str]]:
    """Say where each photo of a segment will lie: where it lies already, in a new pack, or alone.

    A pack never reaches over the end of a chunk, so that a chunk needs no other's packs.

    Args:
        entries: The segment.
        packable: Which of them may be put into a pack.
        present: Where contents lie already.
        chunks: Which of the segment's photos make each chunk.

    Returns:
        The segment with places, and the new packs.
    """
    places = dict(present)
    packs: set[str] = set()
    for chosen in chunks:
        part = zip(entries[chosen], packable[chosen], strict=True)
        runs: list[list[ManifestEntry]] = [[]]
        for entry, may_be_packed in part:
            sha256 = entry.sha256
            if entry.in_place:
                continue
            if sha256 and sha256 not in places:
                places[sha256] = None
                if may_be_packed and is_small(entry):
                    runs[-1].append(entry)
                else:
                    runs.append([])
        for pack in (pack for run in runs for pack in plan(run)):
            places |= {str(member.sha256): member.place for member in pack}
            packs.add(str(pack[0].pack))
    return [
        entry if entry.in_place else entry.placed(places.get(entry.sha256 or ""))
        for entry in entries
    ], packs


def as_said(entries: Iterable[ManifestEntry], found: Mapping[str, Place | None]) -> set[str]:
    """Contents that lie in the object store where the manifest says, of those that lie anywhere."""
    said = {entry.sha256: entry.place for entry in entries if entry.sha256 and not entry.in_place}
    return {sha256 for sha256 in said.keys() & found.keys() if said[sha256] == found[sha256]}


class Sender:
    """Uploads photos and notes where they lie."""

    def __init__(
        self, store: ObjectStore, redis: Redis, ttl: int, pool: ThreadPoolExecutor
    ) -> None:
        self._store = store
        self._redis = redis
        self._ttl = ttl
        self._pool = pool

    def send(
        self, pairs: Sequence[Pair], needed: Set[str], packs: Set[str]
    ) -> dict[str, Future[dict[str, bool]]]:
        """Begin to upload what is needed, and with it whatever shares a new pack with it.

        Args:
            pairs: All photos of a segment, and where they shall lie.
            needed: Contents that are not there.
            packs: The new packs; another submission's is never written.

        Returns:
            For each content of a pack or photo that is sent, what will tell of all contents of
            that pack whether they were still what had been hashed.
        """
        wanted = packs & {entry.pack or "" for _, entry in pairs if entry.sha256 in needed}
        wanted -= _torn([entry for _, entry in pairs], needed, wanted)
        members: dict[str, set[str]] = {}
        for _, entry in pairs:
            if entry.sha256 and entry.pack in wanted:
                members.setdefault(str(entry.pack), set()).add(entry.sha256)
        sent: dict[str, Future[dict[str, bool]]] = {}
        begun: dict[str, dict[str, Pair]] = {}
        for photo, entry in pairs:  # in their order: some can be read in no other
            sha256, pack = entry.sha256 or "", entry.pack or ""
            if sha256 in sent or sha256 in begun.get(pack, {}):
                continue
            if pack in wanted:
                photo.prepare()
                begun.setdefault(pack, {})[sha256] = photo, entry
                if begun[pack].keys() == members[pack]:
                    future = self._pool.submit(self._pack, pack, begun[pack])
                    sent |= dict.fromkeys(members[pack], future)
            elif sha256 in needed:
                photo.prepare()
                sent[sha256] = self._pool.submit(self._alone, photo, sha256)
        return sent

    def _alone(self, photo: Photo, sha256: str) -> dict[str, bool]:
        same = photo.send(self._store, sha256)
        if same:
            note(self._redis, {sha256: None}, self._ttl)
        return {sha256: same}

    def _pack(self, pack: str, pairs: Mapping[str, Pair]) -> dict[str, bool]:
        found = {sha256: photo.same(sha256) for sha256, (photo, _) in pairs.items()}
        same = {sha256: data for sha256, data in found.items() if data is not None}
        if len(same) == len(found):
            self._store.put(pack_key(pack), b"".join(same.values()))
            note(
                self._redis,
                {sha256: entry.place for sha256, (_, entry) in pairs.items()},
                self._ttl,
            )
        else:  # a pack of this name has no gaps
            for sha256, data in same.items():
                self._store.put(image_key(sha256), data)
            note(self._redis, dict.fromkeys(same), self._ttl)
        return {sha256: sha256 in same for sha256 in found}


def _torn(entries: Sequence[ManifestEntry], needed: Set[str], wanted: Set[str]) -> set[str]:
    """Packs between whose photos others are sent, since those were removed after the plan."""
    seen: set[str] = set()
    parts: Counter[str] = Counter()
    last = ""
    for entry in entries:
        sha256, pack = entry.sha256 or "", entry.pack or ""
        unit = pack if pack in wanted else sha256 if sha256 in needed else ""
        if not unit or sha256 in seen:
            continue
        seen.add(sha256)
        parts[unit] += unit != last
        last = unit
    return {unit for unit, count in parts.items() if count > 1}

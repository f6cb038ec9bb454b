"""A chunk's photos from where they lie, a few fetched ahead of their use, in lots."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from glasses import keys
from glasses.folders import folders
from glasses.object_store import image_key, pack_key
from glasses.outcome import Outcome
from glasses.packs import PACK_BYTES, member
from glasses.schemas import ManifestEntry
from glasses.statuses import FailureReason
from worker.context import Context
from worker.in_place import read

LOT = 8
"""Photos that are asked for together. One at a time, beside each photo's work, costs more CPU:
every fetch takes the interpreter from the pipeline several times."""
AHEAD = 2 * LOT
"""Photos that are fetched, or being fetched, the one whose turn it is among them."""
AHEAD_BYTES = 4 * 2**20
"""What those may hold: two packs, or one to three photos of a phone."""
Fetched = list[tuple[str, memoryview | bytes | Outcome]]
"""Photos of a pack share its bytes until their turn comes."""


def fetched(
    context: Context, wanted: Iterable[ManifestEntry], known: Iterable[str]
) -> Iterator[tuple[str, bytes | Outcome]]:
    """Each content once, in the order of the photos; those of a pack come together.

    Args:
        context: This process's.
        wanted: Lines of the manifest; those without content are passed over.
        known: Contents that need not be fetched.

    Yields:
        The content's hash and its bytes, or why it has none.
    """
    waiting = deque(_units(wanted, set(known)))
    ahead: deque[tuple[_Stored | _Lying, Future[Fetched]]] = deque()
    photos = held = 0
    while waiting or ahead:
        if photos <= AHEAD - LOT or len(ahead) < 2:
            # A file may be hundreds of megabytes: the size bounds what lies ahead, the next one is
            # always asked for.
            while waiting and (photos < AHEAD or len(ahead) < 2):
                if len(ahead) > 1 and held + waiting[0].size > AHEAD_BYTES:
                    break
                unit = waiting.popleft()
                photos += len(unit.entries)
                held += unit.size
                ahead.append((unit, context.fetchers.submit(unit.fetch, context)))
        unit, future = ahead[0]
        for sha256, data in future.result():
            yield sha256, data if isinstance(data, Outcome) else bytes(data)
        ahead.popleft()
        photos -= len(unit.entries)
        held -= unit.size


@dataclass(slots=True)
class _Stored:
    """What is asked for at once: a photo, or some of a pack."""

    entries: list[ManifestEntry]
    size: int = 0

    def add(self, entry: ManifestEntry) -> None:
        self.entries.append(entry)
        self.size += entry.size or 0

    def fetch(self, context: Context) -> Fetched:
        pack = self.entries[0].pack
        data = context.store.view(pack_key(pack)) if pack else None
        found: Fetched = []
        for entry in self.entries:
            assert entry.sha256
            alone = context.store.view(image_key(entry.sha256)) if data is None else None
            photo = alone if data is None else member(data, entry)
            found.append((entry.sha256, _checked(context, entry.sha256, photo)))
        return found


@dataclass(slots=True)
class _Lying:
    """Photos that were left where they lie, all of one content together; read one by one."""

    entries: list[list[ManifestEntry]]
    size: int = 0

    def fetch(self, context: Context) -> Fetched:
        allowed = folders(context.settings.read_folders)
        return [(str(same[0].sha256), read(same, allowed)) for same in self.entries]


def _units(wanted: Iterable[ManifestEntry], skip: set[str]) -> list[_Stored | _Lying]:
    stored: dict[str, _Stored] = {}
    lying: dict[str, list[ManifestEntry]] = {}
    for entry in wanted:
        sha256 = entry.sha256
        if not sha256 or entry.reason or sha256 in skip:
            continue
        if entry.in_place:
            lying.setdefault(sha256, []).append(entry)
        else:
            skip.add(sha256)
            stored.setdefault(entry.pack or sha256, _Stored([])).add(entry)
    return [*stored.values(), *_lots(same for sha256, same in lying.items() if sha256 not in skip)]


def _lots(contents: Iterable[list[ManifestEntry]]) -> list[_Lying]:
    lots: list[_Lying] = []
    for same in contents:
        size = same[0].size or 0
        if not lots or len(lots[-1].entries) == LOT or lots[-1].size + size > PACK_BYTES:
            lots.append(_Lying([]))
        lots[-1].entries.append(same)
        lots[-1].size += size
    return lots


def _checked(context: Context, sha256: str, data: memoryview | None) -> memoryview | Outcome:
    if data is None:
        redis: Any = context.redis
        redis.hdel(keys.photo(sha256), keys.UPLOADED)  # so that the next submit sends it again
        return Outcome.failed(FailureReason.VANISHED)
    if hashlib.sha256(data).hexdigest() != sha256:
        return Outcome.failed(FailureReason.CHANGED)
    return data

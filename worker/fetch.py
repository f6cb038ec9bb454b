"""A chunk's photos from the object store, a few fetched ahead of their use, in lots."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from typing import Any

from glasses import keys
from glasses.object_store import image_key
from glasses.outcome import Outcome
from glasses.schemas import ManifestEntry
from glasses.statuses import FailureReason
from worker.context import Context

LOT = 8
"""Photos that are asked for together. One at a time, beside each photo's work, costs more CPU:
every fetch takes the interpreter from the pipeline several times."""
AHEAD = 2 * LOT
"""Photos that are fetched, or being fetched, before their turn."""
AHEAD_BYTES = 4 * 2**20
"""What those may hold: some forty portraits, one to three photos of a phone."""


def fetched(
    context: Context, wanted: Iterable[ManifestEntry], known: Iterable[str]
) -> Iterator[tuple[str, bytes | Outcome]]:
    """Each content once, in the order of the photos.

    Args:
        context: This process's.
        wanted: Lines of the manifest; those without content are passed over.
        known: Contents that need not be fetched.

    Yields:
        The content's hash and its bytes, or why it has none.
    """
    skip = set(known)
    sizes: dict[str, int] = {}
    for entry in wanted:
        if entry.sha256 and not entry.reason and entry.sha256 not in skip:
            sizes.setdefault(entry.sha256, entry.size or 0)
    waiting = deque(sizes)
    ahead: deque[tuple[str, Future[bytes | Outcome]]] = deque()
    held = 0
    while waiting or ahead:
        if len(ahead) <= AHEAD - LOT:
            # A file may be hundreds of megabytes: the size bounds what lies ahead, the next but one
            # is always asked for.
            while waiting and len(ahead) < AHEAD:
                if len(ahead) > 1 and held + sizes[waiting[0]] > AHEAD_BYTES:
                    break
                sha256 = waiting.popleft()
                held += sizes[sha256]
                ahead.append((sha256, context.fetchers.submit(_photo, context, sha256)))
        sha256, future = ahead.popleft()
        held -= sizes[sha256]
        yield sha256, future.result()


def _photo(context: Context, sha256: str) -> bytes | Outcome:
    data = context.store.get(image_key(sha256))
    if data is None:
        redis: Any = context.redis
        redis.hdel(keys.photo(sha256), keys.UPLOADED)  # so that the next submit sends it again
        return Outcome.failed(FailureReason.VANISHED)
    if hashlib.sha256(data).hexdigest() != sha256:
        return Outcome.failed(FailureReason.CHANGED)
    return data

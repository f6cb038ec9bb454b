"""What need not be sent, or not even be looked at again."""

from __future__ import annotations

import time
from collections.abc import Iterable

from redis import Redis

from glasses import keys
from glasses.ledger.scripts import look
from glasses.outcome import Outcome
from glasses.packs import noted
from glasses.schemas import ManifestEntry, Place


def already_there(
    redis: Redis, entries: Iterable[ManifestEntry], model: str | None, retention_seconds: int
) -> tuple[dict[str, Outcome], dict[str, Place | None]]:
    """Ask for contents that are known.

    Args:
        redis: Where that is noted.
        entries: The photos.
        model: That they would be judged by; None: not known.
        retention_seconds: How long bytes stay in the object store.

    Returns:
        Outcomes under this model, and where contents lie in the object store; both by sha256.
        A content may be in both.
    """
    contents = sorted({entry.sha256 for entry in entries if entry.sha256})
    names = [keys.photo(sha256) for sha256 in contents]
    answers = look(redis, names, [keys.UPLOADED, model or ""])
    known: dict[str, Outcome] = {}
    present: dict[str, Place | None] = {}
    for sha256, (uploaded, outcome) in zip(contents, answers, strict=True):
        if outcome:
            known[sha256] = Outcome.decode(outcome)
        if uploaded:
            when, place = noted(uploaded)
            # Older bytes may expire before they are used, so they are sent again if need be.
            if outcome or time.time() - when < retention_seconds / 2:
                present[sha256] = place
    return known, present

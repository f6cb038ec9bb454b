"""Which files of a folder are photos that have arrived whole, by looking twice."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from glasses.walk import Source, walk

AHEAD = 10_000
"""New files that are kept in mind at a time, so that memory stays flat in a large folder."""
_ENDINGS = (
    "~", ".part", ".partial", ".filepart", ".crdownload", ".opdownload", ".download", ".tmp",
    ".temp", ".swp",
)  # fmt: skip


class Signature(NamedTuple):
    """What tells, without reading it, that a file may have changed: bytes, and times in ns."""

    size: int
    modified: int
    changed: int
    """Also tells of a file that took another's place with its time, or became readable."""

    @classmethod
    def of(cls, path: Path) -> Signature | None:
        """A file's; of a link that leads nowhere its own; None if there is nothing."""
        for look in (os.stat, os.lstat):
            try:
                found = look(path)
            except (OSError, ValueError):
                continue
            return cls(found.st_size, found.st_mtime_ns, found.st_ctime_ns)
        return None


@dataclass(frozen=True, slots=True)
class Arrived:
    """A file that has settled."""

    source: Source
    signature: Signature


@dataclass(frozen=True, slots=True)
class How:
    """What is looked for.

    Attributes:
        folder: Where, with all folders below it.
        settle_seconds: A file that has not changed for so long is whole.
        include: Globs, see `glasses.walk.walk`.
        exclude: Likewise.
        not_ours: Files that are no photos though they lie there.
    """

    folder: Path
    settle_seconds: float = 2.0
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    not_ours: frozenset[Path] = frozenset()


@dataclass(frozen=True, slots=True)
class _Sighting:
    signature: Signature
    since: float
    """When it was first seen so."""
    changing: bool
    """It was seen otherwise before."""


class Settling:
    """Looks through a folder.

    Args:
        how: What is looked for.
        known: Whether a file, by its name and signature, needs no look any more.
    """

    def __init__(self, how: How, known: Callable[[str, Signature], bool]) -> None:
        self._how = how
        self._known = known
        self._seen: dict[str, _Sighting] = {}
        self._first: float | None = None
        self.ready: deque[Arrived] = deque()
        """Those that have settled; whoever takes them removes them."""

    def look(self, now: float) -> None:
        """Look once, when nothing is ready any more.

        Args:
            now: In s, of a clock that never goes back.

        Raises:
            UsageError: The folder cannot be read; what was found before counts.
        """
        before, self._seen = self._seen, {}
        for source, signature in self._new():
            was = before.get(source.image)
            since, changing = now, was is not None
            if was is not None and was.signature == signature:
                since, changing = was.since, was.changing
            if now - since >= self._how.settle_seconds:
                self.ready.append(Arrived(source, signature))
            else:
                self._seen[source.image] = _Sighting(signature, since, changing)
            if len(self._seen) + len(self.ready) >= AHEAD:
                return
        if self._first is None:
            self._first = now

    def _new(self) -> Iterator[tuple[Source, Signature]]:
        how = self._how
        for source in walk([str(how.folder)], how.include, how.exclude):
            if is_temporary(source.path.name) or source.path in how.not_ours:
                continue
            signature = Signature.of(source.path)
            if signature is not None and not self._known(source.image, signature):
                yield source, signature

    @property
    def unsettled(self) -> int:
        """Files that the last look saw for too short a time."""
        return len(self._seen)

    @property
    def is_done(self) -> bool:
        """Whether all that was there at the first whole look has settled, or keeps changing."""
        first = self._first
        return first is not None and not any(
            not each.changing and each.since <= first for each in self._seen.values()
        )


def is_temporary(name: str) -> bool:
    """Whether programs name files so that they have not finished."""
    return name.startswith(("~", ".")) or name.lower().endswith(_ENDINGS)

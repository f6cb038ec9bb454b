"""Names in the sorted folder: which are free, and which have the same content already."""

from __future__ import annotations

import os
from collections.abc import Iterator
from enum import Enum, auto
from itertools import count
from pathlib import Path

from producer.sorting.companions import rename
from producer.sorting.sort_log import SortLogEntry
from producer.sorting.transfer import ChangedError, hash_of, same_file


class State(Enum):
    """What is at a target."""

    FREE = auto()
    SAME = auto()
    """A file with the content of the source."""
    OTHER = auto()


class Targets:
    """Choose targets, so that a photo and its companions have the same stem.

    Args:
        into: The sorted folder.
        entries: Its log.
    """

    def __init__(self, into: Path, entries: list[SortLogEntry]) -> None:
        self._into = into
        self._added: dict[str, Path] = {}
        self._stems: dict[tuple[str, str, str], str] = {}
        """Source folder, stem and target folder -> new stem, where it differs."""
        for entry in entries:
            if entry.photo is None:
                self._remember(Path(entry.source), into / entry.to)

    def add(self, target: Path, source: Path) -> None:
        """Record that a photo or companion goes to a target in this run."""
        self._added[str(target)] = source
        self._remember(source, target)

    def is_added(self, target: Path) -> bool:
        """Return whether this run put a file there."""
        return str(target) in self._added

    def state(self, target: Path, source: Path, sha256: str | None = None) -> State:
        """Return what is at a target.

        Args:
            target: The target.
            source: The file that should go there.
            sha256: Hash of its content; None: unknown.
        """
        planned = self._added.get(str(target))
        if not os.path.lexists(target):
            if planned is None:
                return State.FREE
            target = planned  # of a dry run
        try:
            return State.SAME if _is_same(target, source, sha256) else State.OTHER
        except (OSError, ChangedError):
            return State.OTHER

    def candidates(self, preferred: Path, source: Path) -> Iterator[Path]:
        """Yield the names for a photo, the best first."""
        stem = self._stems.get(_key(source, preferred))
        if stem is not None:  # of a photo or companion with the same stem
            yield preferred.with_stem(stem)
        yield preferred
        for number in count(2):
            yield preferred.with_stem(f"{preferred.stem} ({number})")

    def _remember(self, source: Path, target: Path) -> None:
        if source.stem != target.stem:
            self._stems[_key(source, target)] = target.stem


def companion_target(companion: Path, photo: Path, target: Path) -> Path:
    """Return the target of a companion or peer, next to its photo's."""
    return target.with_name(rename(companion.name, photo.stem, target.stem))


def _key(source: Path, target: Path) -> tuple[str, str, str]:
    return str(source.parent), source.stem, str(target.parent)


def _is_same(target: Path, source: Path, sha256: str | None) -> bool:
    if target.is_symlink() and os.readlink(target) == str(source):
        return True
    if os.path.samefile(target, source):
        return True
    if target.stat().st_size != source.stat().st_size:
        return False
    return hash_of(target) == sha256 if sha256 else same_file(target, source)

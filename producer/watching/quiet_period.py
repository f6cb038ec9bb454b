"""Detect files that have arrived completely: unchanged for the quiet period."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from glasses.sources.walk import SourceFile, walk

AHEAD = 10_000
"""Maximum number of new files tracked at a time, which bounds memory in a large folder."""
_TEMPORARY_SUFFIXES = (
    "~", ".part", ".partial", ".filepart", ".crdownload", ".opdownload", ".download", ".tmp",
    ".temp", ".swp",
)  # fmt: skip


class Signature(NamedTuple):
    """Size in bytes and times in ns, which change when a file may have changed."""

    size: int
    modified: int
    changed: int
    """The inode change time also reveals replaced files and changed permissions."""

    @classmethod
    def of(cls, path: Path) -> Signature | None:
        """Return a file's signature, a dangling link's own signature, or None if nothing exists."""
        for stat_function in (os.stat, os.lstat):
            try:
                stat = stat_function(path)
            except (OSError, ValueError):
                continue
            return cls(stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)
        return None


@dataclass(frozen=True, slots=True)
class Arrived:
    """A file that has been unchanged for the quiet period."""

    source: SourceFile
    signature: Signature


@dataclass(frozen=True, slots=True)
class WatchConfig:
    """Which files to process.

    Attributes:
        folder: The watched folder, with its subfolders.
        settle_seconds: The quiet period: process a file that has been unchanged for so long.
        include: Globs, see `glasses.sources.walk.walk`.
        exclude: Likewise.
        not_ours: Files in the folder to ignore: the command's own output.
    """

    folder: Path
    settle_seconds: float = 2.0
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    ignored_files: frozenset[Path] = frozenset()


@dataclass(frozen=True, slots=True)
class _Sighting:
    signature: Signature
    since: float
    """When this signature was first seen, in s."""
    changing: bool
    """Whether an earlier scan saw another signature."""


class QuietPeriod:
    """Scan a folder and report the files that have settled.

    Args:
        how: Which files to process.
        known: Returns whether a file with this name and signature was already processed.
    """

    def __init__(self, how: WatchConfig, known: Callable[[str, Signature], bool]) -> None:
        self._config = how
        self._known = known
        self._unsettled: dict[str, _Sighting] = {}
        self._first_scan: float | None = None
        self.ready: deque[Arrived] = deque()
        """Settled files; the caller removes those that it processes."""

    def scan(self, now: float) -> None:
        """Scan the folder once. Call this when `ready` is empty.

        Args:
            now: Time of a monotonic clock in s.

        Raises:
            UsageError: The folder cannot be read; files already in `ready` remain valid.
        """
        before, self._unsettled = self._unsettled, {}
        for source, signature in self._new_files():
            earlier = before.get(source.image)
            since, changing = now, earlier is not None
            if earlier is not None and earlier.signature == signature:
                since, changing = earlier.since, earlier.changing
            if now - since >= self._config.settle_seconds:
                self.ready.append(Arrived(source, signature))
            else:
                self._unsettled[source.image] = _Sighting(signature, since, changing)
            if len(self._unsettled) + len(self.ready) >= AHEAD:
                return
        if self._first_scan is None:
            self._first_scan = now

    def _new_files(self) -> Iterator[tuple[SourceFile, Signature]]:
        config = self._config
        for source in walk([str(config.folder)], config.include, config.exclude):
            if is_temporary(source.path.name) or source.path in config.ignored_files:
                continue
            signature = Signature.of(source.path)
            if signature is not None and not self._known(source.image, signature):
                yield source, signature

    @property
    def unsettled(self) -> int:
        """Return the number of files still in their quiet period at the last scan."""
        return len(self._unsettled)

    @property
    def is_done(self) -> bool:
        """Return whether every file of the first complete scan has settled or keeps changing."""
        first = self._first_scan
        return first is not None and not any(
            not file.changing and file.since <= first for file in self._unsettled.values()
        )


def is_temporary(name: str) -> bool:
    """Return whether a name is one that programs give to hidden or unfinished files."""
    return name.startswith(("~", ".")) or name.lower().endswith(_TEMPORARY_SUFFIXES)

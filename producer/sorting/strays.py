"""Find sorted files again that a person moved to another group's folder by hand."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path

from glasses.protocol.groups import Group
from producer.sorting.companions import rename
from producer.sorting.sort_log import SortLogEntry
from producer.sorting.transfer import PARTIAL, ChangedError, TransferMode, hash_of


class Strays:
    """Files in the group folders that are at no place of the log.

    Nothing is read until a file is missing. A group folder that contains originals is left out.

    Args:
        into: The sorted folder.
        entries: Its log.
    """

    def __init__(self, into: Path, entries: Iterable[SortLogEntry]) -> None:
        self._into = into
        self._entries = list(entries)
        self._hashes: dict[Path, str | None] = {}

    def find(self, entry: SortLogEntry) -> Path | None:
        """Return a file with the content of a missing one, each at most once.

        Args:
            entry: The entry of a photo.
        """
        name = Path(entry.to).name
        for path in [*self._by_name.get(name, []), *self._files]:
            if path in self._files and self._is_of(entry, path):
                del self._files[path]
                return path
        return None

    def find_beside(self, entry: SortLogEntry, photo: Path) -> Path | None:
        """Return a missing companion that was moved with its photo.

        Args:
            entry: The entry of the companion.
            photo: Where its photo was found.
        """
        name, stem = Path(entry.to).name, Path(entry.photo or "").stem
        for each in (rename(name, stem, photo.stem), name):
            path = photo.with_name(each)
            is_link = entry.how is TransferMode.SYMLINK
            if self._files.get(path) is is_link and (not is_link or self._is_of(entry, path)):
                del self._files[path]
                return path
        return None

    @cached_property
    def _files(self) -> dict[Path, bool]:
        """Return the files, each with whether it is a symbolic link."""
        places = {self._into / entry.to for entry in self._entries}
        return {
            path: path.is_symlink()
            for folder in self._folders()
            for path in _walk(folder)
            if path not in places
        }

    @cached_property
    def _by_name(self) -> dict[str, list[Path]]:
        found: dict[str, list[Path]] = {}
        for path in self._files:
            found.setdefault(path.name, []).append(path)
        return found

    def _folders(self) -> Iterator[Path]:
        parents = {os.path.dirname(entry.source) for entry in self._entries}
        originals = [Path(os.path.realpath(parent)) for parent in parents]
        for group in Group:
            folder = Path(os.path.realpath(self._into / group))
            if not any(each.is_relative_to(folder) for each in originals):
                yield self._into / group

    def _is_of(self, entry: SortLogEntry, path: Path) -> bool:
        is_link = self._files[path]
        if entry.how is TransferMode.SYMLINK:
            return is_link and os.readlink(path) == entry.source
        if is_link or entry.sha256 is None:
            return False
        if path not in self._hashes:
            self._hashes[path] = _hash_or_none(path)
        return self._hashes[path] == entry.sha256


def _hash_or_none(path: Path) -> str | None:
    try:
        return hash_of(path)
    except (OSError, ChangedError):
        return None


def _walk(folder: Path) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files):
            if not name.startswith(PARTIAL):
                yield Path(parent, name)

"""Run: classify the photos that have no row yet, and give out all rows in order."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from glasses.protocol.photo_result import PhotoResult
from glasses.protocol.schemas import ManifestEntry
from glasses.protocol.statuses import Origin
from glasses.protocol.verdict import DecisionRule
from glasses.sources.file_version import FileVersion
from glasses.sources.hashing import InMemoryPhoto
from glasses.sources.photo import Photo
from glasses.sources.walk import SourceFile
from producer.resume.journal import Journal

Source = SourceFile | InMemoryPhoto | Photo
ClassifyPhotos = Callable[[Iterable[Source]], Iterator[PhotoResult]]


@dataclass(slots=True)
class _Waiting:
    """A photo whose row is not given out yet.

    Attributes:
        photo: The photo.
        file: The file with it.
        version: The version of that file before it was read.
        place: The place of its row in the journal; None if it is classified now.
    """

    photo: Source
    file: str
    version: FileVersion | None
    place: int | None


class ResumableRun:
    """Classifies photos and writes their rows to a journal.

    Args:
        journal: The journal, loaded.
        classify: Classifies photos, in their order.
        rule: The rule that turns outcomes into verdicts.
    """

    def __init__(self, journal: Journal, classify: ClassifyPhotos, rule: DecisionRule) -> None:
        self._journal = journal
        self._classify = classify
        self._rule = rule

    def results(self, photos: Iterable[Source]) -> Iterator[PhotoResult]:
        """Yield the results of photos in their order; those in the journal are not classified."""
        remaining = map(self._find, photos)
        for found in remaining:  # until then, no process has to start
            if found.place is None:
                yield from self._mixed(chain([found], remaining))
                return
            yield self._recall(found, found.place)

    def _mixed(self, found: Iterator[_Waiting]) -> Iterator[PhotoResult]:
        waiting: deque[_Waiting] = deque()

        def new() -> Iterator[Source]:
            for each in found:
                waiting.append(each)
                if each.place is None:
                    yield each.photo

        for result in self._classify(new()):
            while (first := waiting.popleft()).place is not None:
                yield self._recall(first, first.place)
            self._journal.write(first.file, first.version, result)
            yield result
        for each in waiting:
            assert each.place is not None
            yield self._recall(each, each.place)

    def _find(self, photo: Source) -> _Waiting:
        file, version = photo.image, None
        if isinstance(photo, SourceFile):
            file, version = os.path.abspath(photo.path), FileVersion.of(photo.path)
        elif isinstance(photo, Photo):
            file, version = os.path.abspath(photo.address), photo.version
        return _Waiting(photo, file, version, self._journal.find(file, version))

    def _recall(self, found: _Waiting, place: int) -> PhotoResult:
        """Return an earlier result under the name, path and id that the photo has now."""
        sha256, size, outcome = self._journal.read(place)
        photo = found.photo
        entry = ManifestEntry(image=photo.image, sha256=sha256, size=size)
        if isinstance(photo, SourceFile):
            entry = photo.identify(entry)
        elif isinstance(photo, Photo):
            names = {"origin": Origin.ARCHIVE, "given_path": photo.address}
            entry = entry.model_copy(update=names)
        return PhotoResult.of(entry, outcome, self._rule)

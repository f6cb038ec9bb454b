"""The pipeline without servers: photos -> child processes -> outcomes, in submission order.

Photos are decoded only in child processes, which have a worker's limits. A child that dies or
exceeds its time limit is replaced, and its current photo is retried once, alone. If that fails the
same way, the photo fails as it would in a worker.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, Self

from glasses.config.settings import Settings
from glasses.protocol.outcome import Outcome
from glasses.protocol.schemas import ManifestEntry
from glasses.protocol.statuses import FailureReason
from glasses.sources.hashing import InMemoryPhoto
from glasses.sources.photo import Photo as Member
from glasses.sources.walk import SourceFile
from worker.processes import limits
from worker.processes.child_pool import ChildPool
from worker.processes.child_process import ChildDiedError
from worker.processes.requests import (
    Began,
    Classify,
    Load,
    MakeThumbnail,
    Model,
    Photo,
    ReadPhoto,
    absolute,
)

if TYPE_CHECKING:
    from worker.vision.thumbnail import Thumbnail

Classified = tuple[ManifestEntry, Outcome]

BATCH = 8
"""Photos per request. Their faces are classified together."""
_BATCH_BYTES = 8 << 20
"""A batch of photos in memory is sent once it is larger than this."""
_AHEAD = 3
"""Batches per process that are in progress before the first of them is yielded."""
_AHEAD_BYTES = 128 << 20
"""Limit of the bytes of photos in progress."""
_RAMP_UP_SECONDS = 0.5
"""One process runs alone for this time, since starting another costs most of a second of a core."""
_MAX_TRIES = 2


@dataclass(frozen=True, slots=True)
class Processes:
    """Number and limits of child processes.

    Attributes:
        count: Processes that run at the same time.
        megabytes: Memory limit of each, in MiB.
        seconds: Time limit per photo.
    """

    count: int
    megabytes: int
    seconds: float

    @classmethod
    def of(cls, settings: Settings, count: int, others: int = 0) -> Self:
        """Return the limits that follow from the settings and this machine's memory.

        Args:
            settings: The limits of a worker's process.
            count: Processes that run at the same time.
            others: Further processes of this program, which share the memory.
        """
        megabytes = limits.memory_per_process(
            settings.process_memory_mb or limits.MAX_MB, count + others
        )
        return cls(count, megabytes, settings.chunk_time_limit)


def load(model: str, processes: Processes) -> Model:
    """Start the first process, load a model and return its name and threshold.

    Raises:
        ModelError: The model is missing or not the released one.
    """
    pool = ChildPool(processes.megabytes)
    try:
        loaded = pool.request(Load(model), processes.seconds)
    finally:
        pool.close()
    assert isinstance(loaded, Model)
    return loaded


def classify_photos(
    photos: Iterable[SourceFile | InMemoryPhoto | Member],
    model: str,
    max_bytes: int,
    processes: Processes,
) -> Iterator[Classified]:
    """Classify photos in child processes.

    Args:
        photos: Files, bytes, or members of archives. Members are read here, one after the other.
        model: A released model.
        max_bytes: Larger files are not read.
        processes: Number and limits of the processes.

    Yields:
        Manifest entry and outcome of each photo, in the order of `photos`.

    Raises:
        ModelError: The model is missing or not the released one.
        GlassesError: No process starts.
    """
    with _Classification(_batches(photos, max_bytes), model, max_bytes, processes) as running:
        yield from running.results()


class Thumbnails:
    """Makes thumbnails in child processes.

    Args:
        processes: Limits of the processes. `of` may be called from `count` threads at once.
    """

    def __init__(self, processes: Processes) -> None:
        self._pool = ChildPool(processes.megabytes)
        self._seconds = processes.seconds

    def of(self, data: bytes, with_preview: bool = False) -> Thumbnail | None:
        """Return a photo's thumbnail; None if it cannot be decoded within the limits."""
        request = MakeThumbnail(data, with_preview)
        try:
            thumbnail: Thumbnail | None = self._pool.request(request, self._seconds)
        except ChildDiedError:
            return None
        return thumbnail

    def close(self) -> None:
        """Close the processes."""
        self._pool.close()


def _batches(
    photos: Iterable[SourceFile | InMemoryPhoto | Member], max_bytes: int
) -> Iterator[list[Photo]]:
    batch: list[Photo] = []
    size = 0
    for photo in photos:
        request = _read_member(photo, max_bytes) if isinstance(photo, Member) else absolute(photo)
        batch.append(request)
        size += _size(request)
        if len(batch) == BATCH or size > _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _read_member(photo: Member, max_bytes: int) -> ReadPhoto:
    entry = photo.examine(max_bytes)
    if entry.sha256 is None:
        return ReadPhoto(entry, None)
    photo.prepare()
    try:
        return ReadPhoto(entry, photo.read_if_unchanged(entry.sha256))
    except OSError:
        return ReadPhoto(entry, None)


def _size(photo: Photo) -> int:
    return 0 if isinstance(photo, SourceFile) else len(photo.data or b"")


class _Classification:
    """Classifies batches in several processes and keeps their order."""

    def __init__(
        self, batches: Iterator[list[Photo]], model: str, max_bytes: int, processes: Processes
    ) -> None:
        self._batches, self._model, self._max_bytes = batches, model, max_bytes
        self._ahead, self._seconds = _AHEAD * processes.count, processes.seconds
        self._pool = ChildPool(processes.megabytes)
        self._threads = ThreadPoolExecutor(processes.count, "classify")
        self._running: deque[tuple[int, Future[list[Classified]]]] = deque()
        self._ramp_up_ends = monotonic() + _RAMP_UP_SECONDS

    def __enter__(self) -> _Classification:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _: object, __: TracebackType | None
    ) -> None:
        for _size, future in self._running:
            future.cancel()
        self._pool.close()
        self._threads.shutdown()

    def results(self) -> Iterator[Classified]:
        self._fill()
        while self._running:
            _, future = self._running[0]
            wait([future], None if self._is_full() else _RAMP_UP_SECONDS)
            if future.done():
                self._running.popleft()
                yield from future.result()
            self._fill()

    def _is_full(self) -> bool:
        return len(self._running) >= self._ahead

    def _fill(self) -> None:
        is_alone = monotonic() < self._ramp_up_ends
        while len(self._running) < (1 if is_alone else self._ahead):
            held = sum(size for size, _ in self._running)
            batch = next(self._batches, None) if held < _AHEAD_BYTES else None
            if batch is None:
                return
            size = sum(_size(photo) for photo in batch)
            self._running.append((size, self._threads.submit(self._classify, batch)))

    def _classify(self, batch: list[Photo]) -> list[Classified]:
        """Classify a batch. A photo whose process died is retried alone, and then fails."""
        done: dict[int, Classified] = {}
        deaths: Counter[int] = Counter()
        groups = [list(range(len(batch)))]
        while groups:
            group = groups.pop()
            photos = [batch[number] for number in group]
            try:
                request = Classify(self._model, self._max_bytes, photos)
                found = self._pool.request(request, self._seconds)
            except ChildDiedError as death:
                culprit = group[death.began.number]
                deaths[culprit] += 1
                groups.append([number for number in group if number != culprit])
                if deaths[culprit] < _MAX_TRIES:
                    groups.append([culprit])
                else:
                    done[culprit] = _crashed(batch[culprit], death.began)
                groups = [group for group in groups if group]
            else:
                done.update(zip(group, found, strict=True))
        return [done[number] for number in range(len(batch))]


def _crashed(photo: Photo, began: Began) -> Classified:
    entry = began.entry or ManifestEntry(image=photo.image)
    if isinstance(photo, SourceFile):
        entry = photo.identify(entry)
    return entry, Outcome.failed(FailureReason.CRASHED_WORKER)

"""The pipeline without servers: photos -> outcomes, in their order, by one process or several.

Several are started afresh (`spawn`): neither the libraries here nor a caller's threads survive a
fork for sure. That takes each most of a second, so this process looks at the first photos
meanwhile, and at all of them if they are few.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice

import cv2

from glasses.errors import GlassesError
from glasses.examine import InMemory, examine, examine_bytes
from glasses.outcome import Outcome
from glasses.schemas import ManifestEntry
from glasses.sources.photo import Photo as Member
from glasses.statuses import FailureReason
from glasses.walk import Source
from worker.pipeline import Found, Pipeline

Photo = Source | InMemory | Member
Looked = tuple[ManifestEntry, Outcome]

BATCH = 8
"""Photos that a process takes at a time, whose faces are classified together."""
FEW = 8
"""Batches up to which this process does all by itself."""
_AHEAD = 3
"""Batches a process, that are looked at or wait, before the first of them is given out."""


class _Loaded(threading.local):
    """Pipelines by model; one a thread, since dlib's detectors cannot be shared."""

    def __init__(self) -> None:
        self.pipelines: dict[str, Pipeline] = {}


_loaded = _Loaded()


def pipeline(model: str) -> Pipeline:
    """The pipeline of a released model, loaded once a thread.

    Raises:
        ModelError: The model is missing or not the released one.
    """
    if model not in _loaded.pipelines:
        _loaded.pipelines[model] = Pipeline.load(model)
    return _loaded.pipelines[model]


def look(photos: Iterable[Photo], model: str, max_bytes: int, processes: int) -> Iterator[Looked]:
    """Look at photos.

    Args:
        photos: Files, or bytes; members of archives by one process only.
        model: A released model.
        max_bytes: Larger ones are refused unread.
        processes: As many at the same time.

    Yields:
        What each is, and what was found, in their order.

    Raises:
        ModelError: See `pipeline`.
        GlassesError: A process died.
    """
    remaining = iter(photos)
    batches = iter(lambda: list(islice(remaining, BATCH)), [])
    first = list(islice(batches, FEW))
    if processes == 1 or len(first) < FEW:
        processes = 0
    with _Spread(batches, model, max_bytes, processes) as spread:
        for batch in first:
            yield from _look(batch, model, max_bytes)
        yield from spread


class _Spread:
    """Batches over processes; without any they are looked at here."""

    def __init__(
        self, batches: Iterator[list[Photo]], model: str, max_bytes: int, processes: int
    ) -> None:
        self._batches, self._model, self._max_bytes = batches, model, max_bytes
        self._ahead = _AHEAD * processes
        self._pool = processes and ProcessPoolExecutor(
            processes, multiprocessing.get_context("spawn"), _settle
        )
        self._running: deque[tuple[str, Future[list[Looked]]]] = deque()

    def __enter__(self) -> Iterator[Looked]:
        self._fill()
        return self._looked()

    def __exit__(self, *_: object) -> None:
        if self._pool:
            self._pool.shutdown(cancel_futures=True)

    def _fill(self) -> None:
        if not self._pool:
            return
        # Here the pool starts processes, which inherit this: who started them ends them.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            for batch in islice(self._batches, self._ahead - len(self._running)):
                future = self._pool.submit(_look, batch, self._model, self._max_bytes)
                self._running.append((f"{batch[0].image} … {batch[-1].image}", future))
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def _looked(self) -> Iterator[Looked]:
        while self._running:
            names, future = self._running.popleft()
            try:
                yield from future.result()
            except BrokenProcessPool:
                raise GlassesError(
                    f"a process died, perhaps of one of the photos {names}; --processes 1 shows "
                    "which: the row after the last one that is printed"
                ) from None
            self._fill()
        for batch in self._batches:
            yield from _look(batch, self._model, self._max_bytes)


def _settle() -> None:
    """In each process, before the first photo."""
    cv2.setNumThreads(1)  # processes are the unit of parallelism
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A pool's processes outlive a parent that was killed, otherwise."""
    parent = multiprocessing.parent_process()
    assert parent
    parent.join()
    os._exit(1)


def _look(batch: list[Photo], model: str, max_bytes: int) -> list[Looked]:
    worker = pipeline(model)
    entries, found = [], []
    for photo in batch:
        entry, seen = _find(worker, photo, max_bytes)
        entries.append(entry)
        found.append(seen)
    return list(zip(entries, worker.classify(found), strict=True))


def _find(worker: Pipeline, photo: Photo, max_bytes: int) -> tuple[ManifestEntry, Found | Outcome]:
    if isinstance(photo, Member):
        entry = photo.examine(max_bytes)
    elif isinstance(photo, InMemory):
        entry = examine_bytes(photo, max_bytes)
    else:
        entry = examine(photo, max_bytes).model_copy(update={"path": str(photo.path)})
    if entry.reason:
        return entry, Outcome.failed(entry.reason)
    try:
        data = _read(photo)
    except OSError:
        return entry, Outcome.failed(FailureReason.CHANGED)
    return entry, worker.find(data)


def _read(photo: Photo) -> bytes:
    if isinstance(photo, Member):
        photo.prepare()
        return photo.read()
    return photo.data if isinstance(photo, InMemory) else photo.path.read_bytes()

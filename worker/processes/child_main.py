"""Main loop of a child process: it answers its parent's requests and exits when the parent does.

`worker.processes.child_process` starts it such that nothing is imported from the working directory.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from functools import cache
from multiprocessing.connection import Connection
from queue import SimpleQueue
from typing import Any

import cv2

from glasses.errors import GlassesError
from glasses.protocol.outcome import Outcome
from glasses.protocol.schemas import ManifestEntry
from glasses.protocol.statuses import FailureReason
from glasses.sources.hashing import InMemoryPhoto, hash_and_read, hash_bytes
from worker.processes.limits import limit_memory
from worker.processes.requests import (
    Began,
    Classify,
    Load,
    MakeThumbnail,
    Model,
    Photo,
    ReadPhoto,
    Request,
)
from worker.vision.errors import PhotoError
from worker.vision.pipeline import DetectedFaces, Pipeline
from worker.vision.thumbnail import Thumbnail, thumbnail

Classified = tuple[ManifestEntry, Outcome]
Notify = Callable[[Began], None]


@cache
def pipeline(model: str) -> Pipeline:
    """Load a model once and warm it up, so the first photo takes no longer than others.

    Raises:
        ModelError: The model is missing or not the released one.
    """
    loaded = Pipeline.load(model)
    loaded.warm_up()
    return loaded


def main(descriptor: int, megabytes: int) -> None:
    """Answer requests until the parent closes the connection.

    Args:
        descriptor: File descriptor of the connection to the parent.
        megabytes: Limit of this process's private memory, in MiB.
    """
    signal.signal(
        signal.SIGINT, signal.SIG_IGN
    )  # the parent gets it as well, and kills this process
    limit_memory(megabytes)
    cv2.setNumThreads(1)  # processes are the unit of parallelism
    connection: Connection[Any, Any] = Connection(descriptor)
    requests: SimpleQueue[Request] = SimpleQueue()
    threading.Thread(target=_receive, args=(connection, requests), daemon=True).start()
    while True:
        try:
            connection.send(_answer(requests.get(), connection.send))
        except GlassesError as error:
            connection.send(error)
        except (MemoryError, BrokenPipeError, ConnectionResetError):
            os._exit(1)  # the parent notices, or has exited


def _receive(connection: Connection[Any, Any], requests: SimpleQueue[Request]) -> None:
    """Receive requests, and exit at once when the parent has, even while a photo is processed."""
    while True:
        try:
            requests.put(connection.recv())
        except (EOFError, OSError, MemoryError):
            os._exit(0)


def _answer(request: Request, notify: Notify) -> object:
    if isinstance(request, Load):
        loaded = pipeline(request.model)
        return Model(loaded.model, loaded.threshold)
    if isinstance(request, Classify):
        return _classify(request, notify)
    notify(Began(0))
    return _thumbnail(request)


def _classify(request: Classify, notify: Notify) -> list[Classified]:
    loaded = pipeline(request.model)
    entries, found = [], []
    for number, photo in enumerate(request.photos):
        notify(Began(number))
        entry, data = _read(photo, request.max_bytes)
        notify(Began(number, entry))
        entries.append(entry)
        found.append(_find(loaded, data) if isinstance(data, bytes) else data)
    return list(zip(entries, loaded.classify(found), strict=True))


def _find(loaded: Pipeline, data: bytes) -> DetectedFaces | Outcome:
    try:
        return loaded.find(data)
    except MemoryError:
        return Outcome.failed(FailureReason.OUT_OF_MEMORY)


def _read(photo: Photo, max_bytes: int) -> tuple[ManifestEntry, bytes | Outcome]:
    """Return a photo's manifest entry, and its bytes or how it failed."""
    if isinstance(photo, ReadPhoto):
        entry, data = photo.entry, photo.data
    elif isinstance(photo, InMemoryPhoto):
        entry, data = hash_bytes(photo, max_bytes), photo.data
    else:
        entry, data = hash_and_read(photo, max_bytes)
        entry = photo.identify(entry)
    if entry.reason:
        return entry, Outcome.failed(entry.reason)
    return entry, Outcome.failed(FailureReason.CHANGED) if data is None else data


def _thumbnail(request: MakeThumbnail) -> Thumbnail | None:
    try:
        return thumbnail(request.data, request.with_preview)
    except (PhotoError, MemoryError):
        return None

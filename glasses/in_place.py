"""Photos that stay where they lie: whether all workers read them there.

See `docs/adr/0018-in-place.md`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence

from glasses.errors import UsageError
from glasses.folders import is_within
from glasses.schemas import ManifestEntry
from glasses.sources.file import FilePhoto
from glasses.sources.photo import Photo, Settled
from glasses.statuses import FailureReason
from glasses.workers import WorkerInfo


def check(workers: Iterable[WorkerInfo], paths: Iterable[str]) -> None:
    """Refuse files and folders that some worker does not read.

    Args:
        workers: Those that live.
        paths: Of files and folders, by which the workers must know them, too.

    Raises:
        UsageError: Names a worker and what it does not read, and says what to do.
    """
    wanted = [os.path.abspath(path) for path in paths]
    for worker in workers:
        if unread := [path for path in wanted if not _reads(worker, path)]:
            reads = ", ".join(worker.read_folders) or "no folder"
            raise UsageError(
                f"in place: the worker {worker.worker_id} does not read {', '.join(unread)} (it "
                f"reads {reads}). If it sees the same files there, start it anew with them in its "
                "setting read_folders; else submit them without in place, which uploads them"
            )


def checked(workers: Sequence[WorkerInfo], photos: Iterable[Photo]) -> Iterator[Photo]:
    """The same photos, for those that are named by a list; the first one is checked at once.

    What some worker does not read fails unsent, since by then others have been sent.

    Raises:
        UsageError: As `check`, of the first photo.
    """
    for number, photo in enumerate(photos):
        if not isinstance(photo, FilePhoto) or all(_reads(w, photo.path) for w in workers):
            yield photo
        elif number == 0:
            check(workers, [photo.path])
        else:
            reason = FailureReason.OUT_OF_REACH
            yield Settled(ManifestEntry(image=photo.image, reason=reason, path=photo.path))


def _reads(worker: WorkerInfo, path: str) -> bool:
    """Links may be named on either side: a worker tells its folders with and without them."""
    ways = {os.path.abspath(path), os.path.realpath(path)}
    return any(is_within(way, folder) for way in ways for folder in worker.read_folders)

"""In place: check that every worker reads the files that are not uploaded.

See `docs/adr/0018-in-place.md`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence

from glasses.config.read_folders import is_within
from glasses.errors import UsageError
from glasses.ledger.workers import WorkerInfo
from glasses.protocol.schemas import ManifestEntry
from glasses.protocol.statuses import FailureReason
from glasses.sources.file import FilePhoto
from glasses.sources.photo import ExaminedPhoto, Photo


def check(workers: Iterable[WorkerInfo], paths: Iterable[str]) -> None:
    """Check that every worker reads these files and folders.

    Args:
        workers: The live workers.
        paths: Files and folders; workers must see them under the same paths.

    Raises:
        UsageError: A worker does not read one of them; the message names both and says what to do.
    """
    absolute = [os.path.abspath(path) for path in paths]
    for worker in workers:
        if unread := [path for path in absolute if not _reads(worker, path)]:
            reads = ", ".join(worker.read_folders) or "no folder"
            raise UsageError(
                f"in place: the worker {worker.worker_id} does not read {', '.join(unread)} (it "
                f"reads {reads}). If it has the same files under these paths, restart it with them "
                "in its setting read_folders; else submit without in place, which uploads the files"
            )


def replace_unreadable(workers: Sequence[WorkerInfo], photos: Iterable[Photo]) -> Iterator[Photo]:
    """Yield the photos, with those that some worker does not read replaced by failures.

    The first photo is an exception: nothing has been submitted yet, so it raises.

    Raises:
        UsageError: As `check`, for the first photo only.
    """
    for number, photo in enumerate(photos):
        if not isinstance(photo, FilePhoto) or all(_reads(w, photo.path) for w in workers):
            yield photo
        elif number == 0:
            check(workers, [photo.path])
        else:
            failed = ManifestEntry(image=photo.image, reason=FailureReason.OUT_OF_REACH)
            yield ExaminedPhoto(photo.source.identify(failed))


def _reads(worker: WorkerInfo, path: str) -> bool:
    # Workers report each folder as configured and with links resolved, so compare both forms.
    paths = {os.path.abspath(path), os.path.realpath(path)}
    return any(is_within(each, folder) for each in paths for folder in worker.read_folders)

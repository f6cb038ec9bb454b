"""Photos that stay where they lie: whether all workers read them there.

See `docs/adr/0018-in-place.md`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

from glasses.errors import UsageError
from glasses.folders import is_within
from glasses.workers import WorkerInfo


def check(workers: Iterable[WorkerInfo], paths: Iterable[str]) -> None:
    """Refuse files and folders that some worker does not read.

    Args:
        workers: Those that live.
        paths: Of files and folders, by which the workers must know them, too.

    Raises:
        UsageError: Names the worker and the path, and says what to do.
    """
    wanted = [os.path.abspath(path) for path in paths]
    for worker in workers:
        for path in wanted:
            if not any(is_within(path, folder) for folder in worker.read_folders):
                folder = path if os.path.isdir(path) else os.path.dirname(path)
                raise UsageError(
                    f"--in-place: the worker {worker.worker_id} does not read {path}. If it sees "
                    f"the same files there, start it with GLASSES_READ_FOLDERS={folder}; else "
                    "submit without --in-place, which uploads them"
                )

"""Read photos of a job back from the object store, past objects that the store cannot read."""

from __future__ import annotations

from glasses.errors import InfrastructureError
from glasses.protocol.schemas import ManifestEntry
from glasses.storage.object_store import ObjectStore, job_prefix
from glasses.storage.packs import read_photo


class PhotoReader:
    """Reads photos of one job. Safe to share between threads.

    Args:
        store: The object store.
        job_id: The job, whose description tells a broken object from a failing store.

    Attributes:
        unreadable: Names of the photos whose objects exist and cannot be read.
    """

    def __init__(self, store: ObjectStore, job_id: str) -> None:
        self._store = store
        self._job_id = job_id
        self._damaged: set[str | None] = set()
        self.unreadable: list[str] = []

    def read(self, entry: ManifestEntry) -> bytes | None:
        """Return a photo's bytes; None if they are missing or cannot be read.

        Raises:
            InfrastructureError: The object store itself is unavailable.
        """
        try:
            # Other photos of a damaged pack are requested without retries, which take long.
            return read_photo(self._store, entry, once=entry.pack in self._damaged)
        except InfrastructureError:
            self._store.get(job_prefix(self._job_id) + "job.json")  # raises if the store fails
        if entry.pack is not None:
            self._damaged.add(entry.pack)
        self.unreadable.append(entry.image)
        return None

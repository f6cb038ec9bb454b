"""Photos in the object store: distinguishes broken objects from failing servers.

A missing or unreadable object counts as a failed photo only while the job's description
(`job.json`) can be read from the same bucket. Any other error is the server's, not the photo's.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from functools import partial
from typing import Any

from redis import Redis

from glasses.errors import InfrastructureError, MissingManifestError
from glasses.ledger import keys
from glasses.protocol.outcome import Outcome
from glasses.protocol.schemas import ManifestEntry
from glasses.protocol.statuses import FailureReason
from glasses.storage.object_store import ObjectStore, job_prefix, pack_key
from glasses.storage.packs import extract, own_object_key

Content = memoryview | bytes | FailureReason
_log = logging.getLogger(__name__)
_UNREADABLE = "%s cannot be read, but other objects of the bucket can"


class StoredPhotos:
    """Reads the photos of one job. Safe to share between threads.

    Every method raises `InfrastructureError` if the server fails or the bucket is the wrong one.

    Args:
        store: The bucket.
        redis: Holds which contents are uploaded.
        job_id: The job.
    """

    def __init__(self, store: ObjectStore, redis: Redis, job_id: str) -> None:
        self._store = store
        self._redis: Any = redis
        self._job_id = job_id

    def fetch(self, entries: list[ManifestEntry]) -> list[tuple[str, memoryview | bytes | Outcome]]:
        """Read a single photo, or photos of one pack.

        A photo that is missing or damaged is marked as not uploaded, so the next submission of the
        same photo uploads it again.

        Args:
            entries: Manifest entries: one, or several of the same pack.

        Returns:
            SHA-256 of each photo, and its bytes or how it failed.
        """
        pack = entries[0].pack
        data = self._read(pack_key(pack)) if pack else None
        if pack and data is FailureReason.UNREADABLE_OBJECT:
            _log.error(_UNREADABLE, pack_key(pack))
            contents = self._read_damaged_pack(pack, entries)
            self._mark_not_uploaded(entries)
        elif data is None:
            contents = [self._read_single(entry) for entry in entries]
        else:
            assert not isinstance(data, FailureReason)
            contents = [extract(data, entry) for entry in entries]
        found: list[tuple[str, memoryview | bytes | Outcome]] = []
        for entry, content in zip(entries, contents, strict=True):
            assert entry.sha256
            if not isinstance(content, FailureReason) and not _is_intact(content, entry):
                content = FailureReason.CHANGED
            if isinstance(content, FailureReason):
                self._mark_not_uploaded([entry])
                found.append((entry.sha256, Outcome.failed(content)))
            else:
                found.append((entry.sha256, content))
        return found

    def check(self) -> None:
        """Check that the bucket can be read and belongs to the job.

        Raises:
            MissingManifestError: The bucket does not hold this job's description.
        """
        if self._store.get(job_prefix(self._job_id) + "job.json") is None:
            raise self.missing_manifest()

    def missing_manifest(self) -> MissingManifestError:
        """Return the error for a missing manifest, which says what to check."""
        return MissingManifestError(
            f"the manifest of job {self._job_id} is missing from the bucket "
            f"{self._store.bucket!r}. Check the worker's s3_bucket and s3_endpoint; if the bucket "
            f"was emptied, `glasses cancel {self._job_id}` and submit again."
        )

    def _read_single(self, entry: ManifestEntry) -> Content:
        key = own_object_key(entry)
        content = self._read(key)
        if content is FailureReason.UNREADABLE_OBJECT:
            _log.error(_UNREADABLE, key)
        if content is None:
            self.check()
            return FailureReason.VANISHED
        return content

    def _read(self, key: str) -> memoryview | FailureReason | None:
        """Read an object; return None if it does not exist.

        A failed read is repeated once after the server has proved to work, since it may have
        recovered in between.
        """
        try:
            return self._store.get_view(key)
        except InfrastructureError:
            self.check()
        return self._retry_once(partial(self._store.get_view, key, once=True))

    def _retry_once(
        self, read: Callable[[], memoryview | None]
    ) -> memoryview | FailureReason | None:
        try:
            return read()
        except InfrastructureError:
            self.check()
            return FailureReason.UNREADABLE_OBJECT

    def _read_damaged_pack(self, pack: str, entries: list[ManifestEntry]) -> list[Content]:
        """Read the photos of a damaged pack that can still be read.

        Some servers refuse only the damaged range. Others refuse every range of the object, after
        many seconds each, so if the first and the last photo are refused no other range is tried.
        """
        first_and_last = {0, len(entries) - 1}
        found = {number: self._read_range(pack, entries[number]) for number in first_and_last}
        if any(map(_is_bytes, found.values())):
            for number, entry in enumerate(entries):
                if not _is_bytes(found.get(number)):
                    found[number] = self._read_range(pack, entry)
        contents: list[Content] = []
        for number, entry in enumerate(entries):
            content = found.get(number)
            if not _is_bytes(content):
                # A later submission may have uploaded it as a single object.
                key = own_object_key(entry)
                content = self._retry_once(partial(self._store.get_view, key, once=True))
            contents.append(FailureReason.UNREADABLE_OBJECT if content is None else content)
        return contents

    def _read_range(self, pack: str, entry: ManifestEntry) -> Content | None:
        assert entry.offset is not None
        assert entry.size is not None
        start, size = entry.offset, entry.size

        def read() -> memoryview | None:
            data = self._store.read_range(pack_key(pack), start, size, once=True)
            return None if data is None else memoryview(data)

        found = self._retry_once(read)
        if found is None or isinstance(found, FailureReason):
            return found
        return found if _is_intact(found, entry) else FailureReason.UNREADABLE_OBJECT

    def _mark_not_uploaded(self, entries: list[ManifestEntry]) -> None:
        for entry in entries:
            self._redis.hdel(keys.photo(str(entry.sha256)), keys.UPLOADED)


def _is_intact(content: memoryview | bytes, entry: ManifestEntry) -> bool:
    return hashlib.sha256(content).hexdigest() == entry.sha256


def _is_bytes(content: Content | None) -> bool:
    return content is not None and not isinstance(content, FailureReason)

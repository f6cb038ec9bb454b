"""Shared photos: which photos of a job that is being removed do other jobs need?

All jobs in the object store count. Redis is not asked, since it may have lost jobs. Manifests are
read one segment at a time. Memory holds about 250 bytes per photo of the removed job.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from glasses.errors import InfrastructureError
from glasses.protocol.schemas import ManifestEntry
from glasses.storage.manifest import ManifestStore, StoredJob, parse_entry, removed_key, stored_jobs
from glasses.storage.object_store import ObjectStore

_SHA256_BYTES = 32
_TOKEN = re.compile(rb"[0-9a-f]{32,}")
Span = tuple[int, int]
"""Offset and size of a photo in its pack, in bytes."""


class PackShare(NamedTuple):
    """The photos of a job in one pack; a photo without a pack is a share with `pack` = ""."""

    pack: str
    photos: set[str]


class JobPhotos:
    """The photos of a job, by sha256.

    Attributes:
        stored: Photos that were uploaded.
        in_place: Photos that were not uploaded.
        packs: Names of the packs of the uploaded photos; b"" stands for no pack.
    """

    def __init__(self) -> None:
        self.stored: set[bytes] = set()
        self.in_place: set[bytes] = set()
        self.packs: set[bytes] = set()
        self._locations: set[bytes] = set()
        """Name of a pack followed by a sha256."""

    def add(self, entry: ManifestEntry) -> None:
        """Add a photo."""
        if entry.sha256 is None:
            return
        sha256 = bytes.fromhex(entry.sha256)
        if entry.in_place:
            self.in_place.add(sha256)
            return
        pack = bytes.fromhex(entry.pack_location.pack if entry.pack_location else "")
        self.stored.add(sha256)
        self.packs.add(pack)
        self._locations.add(pack + sha256)

    def shares(self) -> Iterator[PackShare]:
        """Yield the photos of the job, grouped by pack."""
        for name, locations in groupby(sorted(self._locations, key=_pack_of), key=_pack_of):
            pack = name.hex()
            photos = {location[-_SHA256_BYTES:].hex() for location in locations}
            yield from [PackShare(pack, photos)] if pack else [PackShare("", {s}) for s in photos]


def _looks_complete(line: bytes) -> bool:
    return line.startswith(b"{") and line.endswith(b"}")


def _pack_of(location: bytes) -> bytes:
    return location[:-_SHA256_BYTES]


class NeededPhotos:
    """The photos of a job that other jobs need. The set never shrinks.

    Unreadable parts of a manifest are searched for hashes and names of packs; what they mention
    counts as needed. Lost text mentions nothing, but no worker can find photos by it either.

    Args:
        own: The photos of the removed jobs.
        job_ids: The removed jobs; their removal has begun.

    Attributes:
        unread: Ids of jobs whose manifests could not be read completely.
    """

    def __init__(self, own: JobPhotos, job_ids: Sequence[str]) -> None:
        self._own = own
        self._job_ids = job_ids
        self._known: set[bytes] = set()
        self._stored: set[bytes] = set()
        self._spans: dict[str, dict[str, Span]] = {}
        self._mentioned: set[bytes] = set()
        self._keep_everything = False
        self._versions_read: dict[str, str] = {}
        self._is_newer: dict[str, bool] = {}
        self.unread: set[str] = set()

    def read(self, store: ObjectStore) -> None:
        """Read the manifest segments of all other jobs that are new or have changed.

        Raises:
            InfrastructureError: The object store is unreachable.
        """
        manifests = ManifestStore(store)
        for job in stored_jobs(store):
            if job.job_id in self._job_ids or job.is_removed:
                continue
            for key, version in job.segments.items():
                if self._versions_read.get(key) != version:
                    self._read_segment(store, manifests, job, key)
                    self._versions_read[key] = version

    def _read_segment(
        self, store: ObjectStore, manifests: ManifestStore, job: StoredJob, key: str
    ) -> None:
        try:
            lines = (store.get(key) or b"").splitlines()
            if lines and job.job_id not in self._is_newer:
                self._is_newer[job.job_id] = manifests.is_newer(job.job_id)
        except InfrastructureError:
            store.get(removed_key(self._job_ids[0]))  # raises if the whole store fails
            self.unread.add(job.job_id)
            self._keep_everything = True
            return
        is_newer = self._is_newer.get(job.job_id, False)
        for line in lines:
            # Parsing takes most of the time; nearly all lines are about photos of no removed job.
            if not is_newer and _looks_complete(line) and not self._mentioned_in(line):
                continue
            if not self._add_line(line) or is_newer:
                self.unread.add(job.job_id)
                self._mentioned |= self._mentioned_in(line)

    def _add_line(self, line: bytes) -> bool:
        try:
            entry = parse_entry(line)
        except ValueError:
            return False
        if entry.sha256 is None:
            return True
        sha256 = bytes.fromhex(entry.sha256)
        if sha256 in self._own.stored or sha256 in self._own.in_place:
            self._known.add(sha256)
            if not entry.in_place:
                self._stored.add(sha256)
        pack = entry.pack_location.pack if entry.pack_location else ""
        is_shared = bytes.fromhex(pack) in self._own.packs if pack else sha256 in self._own.stored
        if is_shared and not entry.in_place:
            span = entry.offset or 0, entry.size or 0
            self._spans.setdefault(pack, {})[entry.sha256] = span
        return True

    def _mentioned_in(self, line: bytes) -> set[bytes]:
        """Return the photos and packs of the removed jobs that a line mentions."""
        own = self._own
        names = (
            bytes.fromhex(token[: len(token) // 2 * 2].decode()) for token in _TOKEN.findall(line)
        )
        return {
            name
            for name in names
            if name in own.packs or name in own.stored or name in own.in_place
        }

    def keep(self, share: PackShare) -> bool:
        """Return whether a pack must not be changed."""
        if self._keep_everything or bytes.fromhex(share.pack) in self._mentioned:
            return True
        if any(bytes.fromhex(sha256) in self._mentioned for sha256 in share.photos):
            return True
        return share.photos <= self.spans(share.pack).keys()

    def spans(self, pack: str) -> dict[str, Span]:
        """Return the photos of a pack that other jobs need, by sha256, and their spans."""
        return self._spans.get(pack, {})

    def stored_by_others(self, sha256: str) -> bool:
        """Return whether another job has uploaded a photo or reuses an uploaded one."""
        return self._keep_everything or (
            (name := bytes.fromhex(sha256)) in self._stored or name in self._mentioned
        )

    def unknown_to_others(self) -> Iterable[str]:
        """Return the sha256 of the photos that no other job has."""
        if self._keep_everything:
            return []
        own = self._own.stored | self._own.in_place
        return [sha256.hex() for sha256 in own - self._known - self._mentioned]

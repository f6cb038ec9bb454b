"""Fetching: prefetches a chunk's photos in batches, from the bucket or from local files."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, wait
from dataclasses import dataclass, replace
from typing import TypeAlias

from glasses.config.read_folders import split_folders
from glasses.protocol.outcome import Outcome
from glasses.protocol.schemas import ManifestEntry
from glasses.storage.packs import PACK_BYTES
from worker.service.context import Context
from worker.service.in_place import read_in_place
from worker.service.stored_photos import StoredPhotos

FETCH_BATCH = 8
"""Photos that are requested together. Requesting them one by one costs more CPU, since each request
interrupts the pipeline several times."""
PREFETCH_PHOTOS = 2 * FETCH_BATCH
"""Photos that are fetched or being fetched at a time, including the current one."""
PREFETCH_BYTES = 4 * 2**20
"""Limit of their bytes: two packs, or one to three photos of a phone."""
KEEP_SECONDS = 600.0
"""How long a download that a run did not wait for is kept for a later run."""
Fetched: TypeAlias = list[tuple[str, memoryview | bytes | Outcome]]
"""SHA-256 and content of each photo. Photos of a pack are views of its bytes."""


@dataclass(frozen=True, slots=True)
class Download:
    """Photos that are fetched together.

    Attributes:
        unit: The photos.
        future: Their bytes.
        kept_since: When its run ended without waiting for it, by `time.monotonic`; 0 before that.
    """

    unit: _StoredUnit | _LocalUnit
    future: Future[Fetched]
    kept_since: float = 0.0

    def covers(self, unit: _StoredUnit | _LocalUnit) -> bool:
        """Return whether a later run can use it: it has not failed and includes these photos."""
        if self.future.done() and (
            self.future.exception()
            or any(isinstance(data, Outcome) for _, data in self.future.result())
        ):
            return False
        return unit.contents <= self.unit.contents


def fetch_photos(
    context: Context,
    job_id: str,
    wanted: Iterable[ManifestEntry],
    known: Iterable[str],
    until: float = float("inf"),
) -> Iterator[tuple[str, bytes | Outcome]]:
    """Fetch each content once, in the order of the photos; photos of a pack come together.

    Args:
        context: This process's context.
        job_id: The photos' job.
        wanted: Manifest entries; those without content are skipped.
        known: SHA-256 of contents that need not be fetched.
        until: Deadline, by `time.monotonic`. Downloads continue after it, and a later call in this
            process uses them. A photo that takes longer than a run therefore still arrives.

    Yields:
        SHA-256 of the content, and its bytes or how the photo failed.

    Raises:
        InfrastructureError: The object store fails.
    """
    _drop_old(context.unfinished)
    stored = StoredPhotos(context.store, context.redis, job_id)
    waiting = deque(_units(wanted, set(known)))
    ahead: deque[Download] = deque()
    photos = held = 0
    while waiting or ahead:
        if photos <= PREFETCH_PHOTOS - FETCH_BATCH or len(ahead) < 2:
            # A file may be hundreds of megabytes, so bytes are limited too. The next unit is always
            # requested.
            while waiting and (photos < PREFETCH_PHOTOS or len(ahead) < 2):
                if len(ahead) > 1 and held + waiting[0].size > PREFETCH_BYTES:
                    break
                unit = waiting.popleft()
                photos += len(unit.entries)
                held += unit.size
                kept = context.unfinished.pop(unit.name, None)
                future = (
                    kept.future
                    if kept and kept.covers(unit)
                    else context.fetchers.submit(unit.fetch, context, stored)
                )
                ahead.append(Download(unit, future))
        unit, future = ahead[0].unit, ahead[0].future
        left = until - time.monotonic()
        if left <= 0 or (unit.name and not _is_done(future, left)):
            kept_downloads = [replace(each, kept_since=time.monotonic()) for each in ahead]
            context.unfinished.update({each.unit.name: each for each in kept_downloads})
            context.unfinished.pop("", None)  # local files are read again instead
            return
        contents = unit.contents
        for sha256, data in future.result():
            if sha256 in contents:
                yield sha256, data if isinstance(data, Outcome) else bytes(data)
        ahead.popleft()
        photos -= len(unit.entries)
        held -= unit.size


@dataclass(slots=True)
class _StoredUnit:
    """One request to the bucket: a single photo, or photos of a pack."""

    entries: list[ManifestEntry]
    size: int = 0

    def add(self, entry: ManifestEntry) -> None:
        self.entries.append(entry)
        self.size += entry.size or 0

    @property
    def name(self) -> str:
        return self.entries[0].pack or str(self.entries[0].sha256)

    @property
    def contents(self) -> set[str | None]:
        return {entry.sha256 for entry in self.entries}

    def fetch(self, _: Context, stored: StoredPhotos) -> Fetched:
        return stored.fetch(self.entries)


@dataclass(slots=True)
class _LocalUnit:
    """A batch of local files. Copies of a content are grouped; the first intact one is read."""

    entries: list[list[ManifestEntry]]
    size: int = 0
    name = ""

    @property
    def contents(self) -> set[str | None]:
        return {copies[0].sha256 for copies in self.entries}

    def fetch(self, context: Context, _: StoredPhotos) -> Fetched:
        settings = context.settings
        allowed, limit = split_folders(settings.read_folders), settings.max_file_mb << 20
        return [
            (str(copies[0].sha256), read_in_place(copies, allowed, limit))
            for copies in self.entries
        ]


def _units(wanted: Iterable[ManifestEntry], skip: set[str]) -> list[_StoredUnit | _LocalUnit]:
    stored: dict[str, _StoredUnit] = {}
    in_place: dict[str, list[ManifestEntry]] = {}
    for entry in wanted:
        sha256 = entry.sha256
        if not sha256 or entry.reason or sha256 in skip:
            continue
        if entry.in_place:
            in_place.setdefault(sha256, []).append(entry)
        else:
            skip.add(sha256)
            stored.setdefault(entry.pack or sha256, _StoredUnit([])).add(entry)
    local = _batches(copies for sha256, copies in in_place.items() if sha256 not in skip)
    return [*stored.values(), *local]


def _batches(contents: Iterable[list[ManifestEntry]]) -> list[_LocalUnit]:
    batches: list[_LocalUnit] = []
    for copies in contents:
        size = copies[0].size or 0
        if (
            not batches
            or len(batches[-1].entries) == FETCH_BATCH
            or batches[-1].size + size > PACK_BYTES
        ):
            batches.append(_LocalUnit([]))
        batches[-1].entries.append(copies)
        batches[-1].size += size
    return batches


def _is_done(future: Future[Fetched], seconds: float) -> bool:
    if seconds == float("inf"):
        return True  # `result` waits
    return future in wait([future], seconds).done


def _drop_old(unfinished: dict[str, Download]) -> None:
    oldest = time.monotonic() - KEEP_SECONDS
    for name in [name for name, download in unfinished.items() if download.kept_since < oldest]:
        unfinished.pop(name).future.cancel()

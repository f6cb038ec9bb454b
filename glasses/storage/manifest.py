"""Manifest: a job's own objects, which are its specification and the list of its photos.

- `job.json` is the specification. A removal deletes it first; without it there is no job.
- `manifest/NNNNNNNN.jsonl` are the segments: segment `k` lists the photos from `k * SEGMENT` on,
  one JSON object per line.
- `complete.json` says that the manifest is complete, `cancelled.json` that the job was cancelled,
  `paused.json` that it is paused.
- `removed.json` replaces `job.json` while the job is being removed.

A segment is complete when it is written, before any of its chunks is queued. The manifest, not
Redis, is the source of truth about what was submitted.
"""

from __future__ import annotations

import json
import re
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from pydantic import ValidationError

from glasses.errors import UnreadableJobError
from glasses.protocol.schemas import (
    JOB_ID_PATTERN,
    JobSpec,
    ManifestEntry,
    SubmissionEnd,
    newer_schema_of,
)
from glasses.storage.object_store import JOBS, ObjectStore, job_prefix

_SPEC = "job.json"
_REMOVED = "removed.json"
_SEGMENT_NAME = re.compile(r"manifest/\d{8}\.jsonl")
SEGMENT = 256
"""Photos per segment. A chunk never extends beyond the end of a segment."""
_CACHED_SEGMENTS = 8
_END = "complete.json"
_CANCELLED = "cancelled.json"
_PAUSED = "paused.json"


class StoredJob(NamedTuple):
    """A job in a listing of the object store.

    Attributes:
        job_id: The job's id.
        is_described: Whether it has a specification.
        is_removed: Whether its removal has started, so that it no longer needs its photos.
        segments: Keys of its manifest's segments -> their stored versions.
        changed: When its last object was written, by the clock of the object store.
    """

    job_id: str
    is_described: bool
    is_removed: bool
    segments: dict[str, str]
    changed: datetime


def stored_jobs(store: ObjectStore) -> Iterator[StoredJob]:
    """Yield all jobs that have objects in the object store, ordered by id.

    Objects whose name contains no valid job id are ignored, and empty folders, which some servers
    list.

    Raises:
        InfrastructureError: The object store is unreachable.
    """
    by_job = groupby(store.objects(JOBS), key=lambda each: each.key.split("/")[1:2])
    for (job_id,), group in by_job:
        found = list(group)
        objects = {each.key.removeprefix(job_prefix(job_id)): each.version for each in found}
        if re.fullmatch(JOB_ID_PATTERN, job_id):
            segments = {
                job_prefix(job_id) + name: version
                for name, version in objects.items()
                if _SEGMENT_NAME.fullmatch(name)
            }
            if segments or objects.keys() & {_SPEC, _REMOVED, _END, _CANCELLED}:
                changed = max(each.put for each in found)
                yield StoredJob(job_id, _SPEC in objects, _REMOVED in objects, segments, changed)


class ManifestStore:
    """Read and write the objects of jobs.

    The most recently read segments are cached, because several chunks need the same one. They are
    cached as lines, which take less memory than entries.
    """

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._cache: OrderedDict[tuple[str, int], list[bytes]] = OrderedDict()

    def write_spec(self, spec: JobSpec) -> None:
        """Write `job.json`."""
        data = spec.model_dump_json(indent=1).encode()
        self._store.put(job_prefix(spec.job_id) + _SPEC, data)

    def spec(self, job_id: str) -> JobSpec | None:
        """Return the specification in `job.json`; None if it does not exist.

        Raises:
            UnreadableJobError: A newer version wrote it, or it is damaged.
        """
        data = self._store.get(job_prefix(job_id) + _SPEC)
        return None if data is None else JobSpec.parse(job_id, data)

    def write_end(self, job_id: str, end: SubmissionEnd) -> None:
        """Mark the manifest as complete: all photos are listed and uploaded."""
        self._store.put(job_prefix(job_id) + _END, end.model_dump_json().encode())

    def end(self, job_id: str) -> SubmissionEnd | None:
        """Return what a completed submission found; None if the manifest is not complete.

        Raises:
            UnreadableJobError: `complete.json` is damaged.
        """
        data = self._store.get(job_prefix(job_id) + _END)
        if data is None:
            return None
        try:
            return SubmissionEnd.model_validate_json(data)
        except ValidationError:
            raise UnreadableJobError(f"job {job_id} has a damaged {_END}") from None

    def write_cancelled(self, job_id: str) -> None:
        """Mark the job as cancelled: a repair never rebuilds it as a running one."""
        self._store.put(job_prefix(job_id) + _CANCELLED, b"{}")

    def is_cancelled(self, job_id: str) -> bool:
        """Return whether the job was cancelled."""
        return self._store.get(job_prefix(job_id) + _CANCELLED) is not None

    def write_paused(self, job_id: str) -> None:
        """Mark the job as paused: a repair rebuilds it as a paused one."""
        self._store.put(job_prefix(job_id) + _PAUSED, b"{}")

    def is_paused(self, job_id: str) -> bool:
        """Return whether the job is marked as paused."""
        return self._store.get(job_prefix(job_id) + _PAUSED) is not None

    def delete_paused(self, job_id: str) -> None:
        """Delete the mark written by `write_paused`."""
        self._store.delete([job_prefix(job_id) + _PAUSED])

    def delete_marks(self, job_id: str) -> None:
        """Delete the marks written by `write_end`, `write_cancelled` and `write_paused`."""
        self._store.delete(job_prefix(job_id) + mark for mark in (_END, _CANCELLED, _PAUSED))

    def is_newer(self, job_id: str) -> bool:
        """Return whether the job's specification requires a newer version of this program."""
        data = self._store.get(job_prefix(job_id) + _SPEC)
        return data is not None and newer_schema_of(data) is not None

    def removed_spec(self, job_id: str) -> JobSpec | None:
        """Return the specification of a job that is being removed; None if it is not.

        Raises:
            UnreadableJobError: It had none, or a damaged one.
        """
        data = self._store.get(removed_key(job_id))
        return None if data is None else JobSpec.parse(job_id, data)

    def begin_removal(self, job_id: str) -> None:
        """Replace `job.json` by `removed.json`, which marks the job as being removed.

        From now on the job needs no photos, and no repair restores it in Redis.
        """
        spec, mark = job_prefix(job_id) + _SPEC, removed_key(job_id)
        data = self._store.get(spec)
        if data is not None or not self._store.exists(mark):
            self._store.put(mark, data or b"{}")
        self._store.delete([spec])

    def end_removal(self, job_id: str) -> None:
        """Delete all objects of the job, `removed.json` last, so that a removal can be resumed."""
        mark = removed_key(job_id)
        self._store.delete(key for key in self._store.keys(job_prefix(job_id)) if key != mark)
        self._store.delete([mark])

    def write_segment(self, job_id: str, number: int, entries: Sequence[ManifestEntry]) -> None:
        """Write a segment of the manifest."""
        # Only json, not pydantic, can write names that are not UTF-8 (they have lone surrogates).
        lines = [json.dumps(entry.model_dump(exclude_none=True)) for entry in entries]
        data = "".join(line + "\n" for line in lines).encode("ascii")
        self._store.put(_segment_key(job_id, number), data)

    def segment(self, job_id: str, number: int) -> list[ManifestEntry]:
        """Return the entries of a segment; [] if it does not exist.

        Raises:
            UnreadableJobError: The segment is damaged.
        """
        return [_parse_entry_of(job_id, line) for line in self._lines(job_id, number)]

    def entries(self, job_id: str, start: int, count: int) -> list[ManifestEntry]:
        """Return photos `start` … `start + count - 1`, or fewer if the manifest ends before.

        Raises:
            UnreadableJobError: See `segment`.
        """
        entries: list[ManifestEntry] = []
        for number in range(start // SEGMENT, (start + count - 1) // SEGMENT + 1):
            lines = self._lines(job_id, number)
            first = number * SEGMENT
            chosen = lines[max(start - first, 0) : start + count - first]
            entries += [_parse_entry_of(job_id, line) for line in chosen]
        return entries

    def _lines(self, job_id: str, number: int) -> list[bytes]:
        cached = self._cache.get((job_id, number))
        if cached is not None:
            self._cache.move_to_end((job_id, number))
            return cached
        lines = (self._store.get(_segment_key(job_id, number)) or b"").splitlines()
        if lines:
            self._cache[job_id, number] = lines
            if len(self._cache) > _CACHED_SEGMENTS:
                self._cache.popitem(last=False)
        return lines

    def all_segments(self, job_id: str) -> Iterator[list[ManifestEntry]]:
        """Yield the entries of every segment, in order."""
        number = 0
        while entries := self.segment(job_id, number):
            yield entries
            number += 1


def parse_entry(line: bytes) -> ManifestEntry:
    """Parse a line of a manifest.

    Raises:
        ValueError: The line is damaged.
    """
    try:
        values = json.loads(line)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(values, dict):
        raise ValueError("not a JSON object")
    return ManifestEntry(**values)


def _parse_entry_of(job_id: str, line: bytes) -> ManifestEntry:
    try:
        return parse_entry(line)
    except ValueError:
        raise UnreadableJobError(
            f"job {job_id} has a damaged manifest: submit its photos again, then remove it with "
            f"`glasses rm {job_id}`"
        ) from None


def removed_key(job_id: str) -> str:
    """Return the key of the mark that a job is being removed."""
    return job_prefix(job_id) + _REMOVED


def _segment_key(job_id: str, number: int) -> str:
    return f"{job_prefix(job_id)}manifest/{number:08d}.jsonl"

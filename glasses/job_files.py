"""A job's own objects: its specification, and its manifest (JSON lines, in segments).

Segment `k` holds photos `k * SEGMENT` … and is complete when it is written, before any of its
chunks is queued: the manifest, not Redis, is the source of truth about what was submitted.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterator, Sequence

from glasses.object_store import ObjectStore, job_prefix
from glasses.schemas import JobSpec, ManifestEntry

SEGMENT = 256
"""Photos in a segment. A chunk never reaches over its end."""
_KEPT = 8


class JobFiles:
    """Reads and writes them.

    The last segments read are kept, so a chunk costs no request each: as lines, which take less
    memory than entries, and of which a chunk needs some.
    """

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._kept: OrderedDict[tuple[str, int], list[bytes]] = OrderedDict()

    def write_spec(self, spec: JobSpec) -> None:
        """Write `job.json`."""
        data = spec.model_dump_json(indent=1).encode()
        self._store.put(job_prefix(spec.job_id) + "job.json", data)

    def spec(self, job_id: str) -> JobSpec | None:
        """What `job.json` says; None if there is none.

        Raises:
            UnreadableJobError: A newer version wrote it, or it is damaged.
        """
        data = self._store.get(job_prefix(job_id) + "job.json")
        return None if data is None else JobSpec.parse(job_id, data)

    def write_segment(self, job_id: str, number: int, entries: Sequence[ManifestEntry]) -> None:
        """Write a segment of the manifest."""
        # json, not pydantic, writes names that are not UTF-8 (they hold lone surrogates).
        lines = [json.dumps(entry.model_dump(exclude_none=True)) for entry in entries]
        data = "".join(line + "\n" for line in lines).encode("ascii")
        self._store.put(_segment_key(job_id, number), data)

    def segment(self, job_id: str, number: int) -> list[ManifestEntry]:
        """A segment's entries; [] if there is no such segment."""
        return [_entry(line) for line in self._lines(job_id, number)]

    def entries(self, job_id: str, start: int, count: int) -> list[ManifestEntry]:
        """Photos `start` … `start + count - 1`; fewer where the manifest ends."""
        found: list[ManifestEntry] = []
        for number in range(start // SEGMENT, (start + count - 1) // SEGMENT + 1):
            lines = self._lines(job_id, number)
            first = number * SEGMENT
            found += map(_entry, lines[max(start - first, 0) : start + count - first])
        return found

    def _lines(self, job_id: str, number: int) -> list[bytes]:
        kept = self._kept.get((job_id, number))
        if kept is not None:
            self._kept.move_to_end((job_id, number))
            return kept
        lines = (self._store.get(_segment_key(job_id, number)) or b"").splitlines()
        if lines:
            self._kept[job_id, number] = lines
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return lines

    def all_segments(self, job_id: str) -> Iterator[list[ManifestEntry]]:
        """Every segment, in order."""
        number = 0
        while entries := self.segment(job_id, number):
            yield entries
            number += 1


def _entry(line: bytes) -> ManifestEntry:
    return ManifestEntry(**json.loads(line))


def _segment_key(job_id: str, number: int) -> str:
    return f"{job_prefix(job_id)}manifest/{number:08d}.jsonl"

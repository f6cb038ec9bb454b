"""Dry run: count what a submission would upload and classify, without writing anything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice

from redis import Redis

from glasses.config.settings import Settings
from glasses.jobs.forecast import Forecast
from glasses.ledger.workers import common_model
from glasses.protocol.statuses import FailureReason
from glasses.sources.left_out import LeftOut
from glasses.sources.photo import Photo
from glasses.storage.deduplication import find_known
from glasses.storage.manifest import SEGMENT


@dataclass(slots=True)
class DryRun:
    """Counts and sizes of the photos that would be submitted.

    Attributes:
        photos: All photos.
        size: Bytes of the photos whose size is known.
        to_upload: Photos that would be sent; identical ones count once.
        upload_size: Bytes of these.
        present: Photos that would not be sent, since the object store has the same bytes already.
        in_place: Photos that would not be sent, since workers would read the files directly.
        known: Photos whose outcome under the workers' model is known; some would be uploaded.
        repeated: Photos with the same bytes as an earlier one in this dry run.
        refused: Photos that would fail before they are sent, by reason.
        left_out: Counts of the files that would not be submitted.
        ignored_files: Paths of those that are not photos.
        model: The model of the workers, if all have the same one.
        forecast: Estimate for the photos that would be classified; set last.
    """

    photos: int = 0
    size: int = 0
    to_upload: int = 0
    upload_size: int = 0
    present: int = 0
    in_place: int = 0
    known: int = 0
    repeated: int = 0
    refused: Counter[FailureReason] = field(default_factory=Counter)
    left_out: LeftOut = field(default_factory=LeftOut)
    ignored_files: list[str] = field(default_factory=list)
    model: str | None = None
    forecast: Forecast | None = None

    @property
    def to_classify(self) -> int:
        """Return the number of photos that workers would have to process."""
        return self.photos - self.known - self.refused.total()


def preview(
    settings: Settings,
    redis: Redis,
    photos: Iterable[Photo],
    counts: DryRun,
    notify: Callable[[DryRun], None],
) -> None:
    """Hash photos and look them up in Redis; memory is about 60 bytes per photo.

    Args:
        settings: Threads, limits and retention.
        redis: Only read.
        photos: The photos that would be submitted.
        counts: Is filled.
        notify: Called after each segment of photos.
    """
    worker = common_model(redis)
    counts.model = worker.model if worker else None
    max_bytes = settings.max_file_mb << 20
    to_send: set[int] = set()
    remaining = iter(photos)
    with ThreadPoolExecutor(settings.upload_threads, "hash") as pool:
        while batch := list(islice(remaining, SEGMENT)):
            entries = list(pool.map(lambda photo: photo.examine(max_bytes), batch))
            known, present = find_known(redis, entries, counts.model, settings.retention_seconds)
            for entry in entries:
                counts.photos += 1
                counts.size += entry.size or 0
                if entry.reason or entry.sha256 is None:
                    counts.refused[entry.reason or FailureReason.UNREADABLE] += 1
                    continue
                short_hash = int(entry.sha256[:16], 16)  # 64 bits, which take less memory
                is_sent = not (entry.in_place or entry.sha256 in present or short_hash in to_send)
                if is_sent:
                    to_send.add(short_hash)
                    counts.to_upload += 1
                    counts.upload_size += entry.size or 0
                if entry.sha256 in known:
                    counts.known += 1
                elif entry.in_place:
                    counts.in_place += 1
                elif entry.sha256 in present:
                    counts.present += 1
                elif not is_sent:
                    counts.repeated += 1
            notify(counts)

"""What a submission would do: the same walk and the same questions, and nothing written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice

from redis import Redis

from glasses.already_there import already_there
from glasses.forecast import Forecast
from glasses.job_files import SEGMENT
from glasses.settings import Settings
from glasses.sources.photo import Photo
from glasses.statuses import FailureReason
from glasses.workers import common_model


@dataclass(slots=True)
class Preview:
    """Counts of photos, and of their bytes.

    Attributes:
        photos: All.
        size: Of those whose size was read, in bytes.
        to_upload: Contents that would be sent, each once.
        upload_size: Of those, in bytes.
        present: Photos that would not be sent, since the same bytes are there already.
        in_place: Photos that would not be sent, since workers would read them where they lie.
        known: Photos whose outcome under the workers' model is known; some are to be uploaded.
        repeated: Photos that have the bytes of another one here.
        refused: Photos that would fail unsent, by reason.
        model: The workers', if they agree.
        forecast: Of the photos that would be classified; set last.
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
    model: str | None = None
    forecast: Forecast | None = None

    @property
    def to_classify(self) -> int:
        """Photos that workers would have to look at."""
        return self.photos - self.known - self.refused.total()


def preview(
    settings: Settings,
    redis: Redis,
    photos: Iterable[Photo],
    notify: Callable[[Preview], None],
) -> Preview:
    """Hash photos and ask what is there already. Some 60 bytes of memory a photo.

    Args:
        settings: Threads, limits and retention.
        redis: Is only read.
        photos: As they would be submitted.
        notify: Called as photos are hashed.
    """
    worker = common_model(redis)
    found = Preview(model=worker.model if worker else None)
    limit = settings.max_file_mb << 20
    to_send: set[int] = set()
    remaining = iter(photos)
    with ThreadPoolExecutor(settings.upload_threads, "hash") as pool:
        while batch := list(islice(remaining, SEGMENT)):
            entries = list(pool.map(lambda photo: photo.examine(limit), batch))
            known, present = already_there(redis, entries, found.model, settings.retention_seconds)
            for entry in entries:
                found.photos += 1
                found.size += entry.size or 0
                if entry.reason or entry.sha256 is None:
                    found.refused[entry.reason or FailureReason.UNREADABLE] += 1
                    continue
                content = int(entry.sha256[:16], 16)
                sent = not (entry.in_place or entry.sha256 in present or content in to_send)
                if sent:
                    to_send.add(content)
                    found.to_upload += 1
                    found.upload_size += entry.size or 0
                if entry.sha256 in known:
                    found.known += 1
                elif entry.in_place:
                    found.in_place += 1
                elif entry.sha256 in present:
                    found.present += 1
                elif not sent:
                    found.repeated += 1
            notify(found)
    return found

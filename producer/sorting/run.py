"""Sort all photos of a job, with progress bars."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from glasses.protocol.groups import Group, group_by_kind, group_of
from glasses.protocol.photo_result import PhotoResult
from glasses.protocol.verdict import Verdict
from producer.row_filter import RowFilter, require_kind
from producer.sorting.companions import Companions
from producer.sorting.sort import Sorter
from producer.sorting.summary import SortSummary
from producer.sorting.transfers import Transfers

if TYPE_CHECKING:
    from rich.progress import Progress


@dataclass(frozen=True, slots=True)
class SortRequest:
    """What to sort.

    Attributes:
        selected: Which photos, and the range of unsure ones.
        folder: Current folder of the photos, see `PhotoResult.source`.
        companions: Whether companions travel with their photos.
        max_bytes: See `glasses.sources.hashing.hash_file`.
        by_kind: Whether each kind of glasses has a folder.
    """

    selected: RowFilter
    folder: Path | None
    companions: bool
    max_bytes: int
    by_kind: bool = False

    def group_of(self, verdict: Verdict) -> Group:
        """Return the group of a verdict.

        Raises:
            UsageError: Its kind of glasses is asked for, and the model does not tell it.
        """
        if not self.by_kind:
            return group_of(verdict, self.selected.band)
        require_kind(verdict, "--by-kind")
        return group_by_kind(verdict, self.selected.band)


def sort_photos(
    read: Callable[[], Iterable[PhotoResult]],
    request: SortRequest,
    transfers: Transfers,
    done: SortSummary,
    bars: Progress | None = None,
    total: int | None = None,
) -> None:
    """Sort photos.

    Args:
        read: Returns all photos of the job; also called to know all before the first is sorted.
        request: What to sort.
        transfers: Transfers files into the folder.
        done: Counts what was done, also if the run is interrupted.
        bars: Where to draw the progress.
        total: Number of photos; None: unknown.

    Raises:
        UsageError: See `SortRequest.group_of`.
    """

    def followed(photos: Iterable[PhotoResult], title: str) -> Iterator[PhotoResult]:
        task = bars.add_task(title, total=total, note="") if bars else None
        for photo in photos:
            yield photo
            if bars and task is not None:
                bars.advance(task)

    done.by_kind = request.by_kind
    selected, folder = request.selected, request.folder
    companions = (
        Companions.of_job(followed(read(), "read"), selected, request.group_of, folder)
        if request.companions
        else None
    )
    sorter = Sorter(transfers, request.group_of, request.max_bytes, companions, done)
    for photo in followed(read(), "sort"):
        if selected(photo.verdict):
            sorter.put(photo, photo.source(folder))
    sorter.finish()

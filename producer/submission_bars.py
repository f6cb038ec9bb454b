"""The progress bars of a submission: photos hashed, and photos uploaded or in no need of it."""

from __future__ import annotations

from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING

from glasses.errors import GlassesError

if TYPE_CHECKING:
    from rich.progress import Progress

    from glasses.jobs.submission import SubmissionProgress
    from glasses.sources.arguments import PhotoSelection


class SubmissionBars:
    """Show how far a submission is, and how long it still takes if the files can be counted.

    Args:
        selection: The photos.
    """

    def __init__(self, selection: PhotoSelection) -> None:
        self._selection = selection
        self._bars: Progress | None = None
        self._count: int | None = None

    def start(self, bars: Progress | None) -> None:
        """Show the bars, and count the files in the background; None shows nothing."""
        self._bars = bars
        if bars:
            self._hashing = bars.add_task("hashing", total=None, note="")
            self._uploading = bars.add_task("upload", total=None, note="")
            Thread(target=self._count_files, daemon=True).start()

    def show(self, progress: SubmissionProgress) -> None:
        """Update the bars."""
        if self._bars:
            total = max(self._count, progress.hashed) if self._count is not None else None
            self._update(self._bars, progress, total)

    def finish(self, progress: SubmissionProgress) -> None:
        """Update the bars after the last photo: each ends at its total."""
        if self._bars:
            self._update(self._bars, progress, progress.hashed)

    def _update(self, bars: Progress, progress: SubmissionProgress, total: int | None) -> None:
        bars.update(self._hashing, completed=progress.hashed, total=total)
        bars.update(self._uploading, completed=progress.submitted, total=total)

    def _count_files(self) -> None:
        with suppress(GlassesError, OSError):  # the submission itself reports it
            self._count = self._selection.count()

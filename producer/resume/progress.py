"""Progress of `glasses classify`: a bar with the time left, while the photos are still counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import Thread

from glasses.config.settings import Settings
from glasses.errors import GlassesError
from glasses.sources.archive import is_archive
from glasses.sources.arguments import PhotoSelection
from glasses.sources.walk import expand_glob
from producer.console import progress_bars
from producer.file_list import ListOptions


@contextmanager
def progress(
    selection: PhotoSelection, list_options: ListOptions, settings: Settings
) -> Iterator[Callable[[], None]]:
    """Draw a progress bar; yield a function to call after each photo.

    Args:
        selection: The photos, which are counted in a thread meanwhile.
        list_options: The list that is part of the selection.
        settings: Limits for archives.
    """
    with progress_bars() as bars:
        if bars is None:
            yield lambda: None
            return
        task = bars.add_task("classify", total=None, note="")

        def count() -> None:
            bars.update(task, total=count_photos(selection, list_options, settings))

        Thread(target=count, daemon=True).start()
        yield lambda: bars.advance(task)


def count_photos(
    selection: PhotoSelection, list_options: ListOptions, settings: Settings
) -> int | None:
    """Count the selected photos without reading them; None if that is not possible.

    Names on standard input can be read only once, and a tar archive has no directory.
    """
    try:
        if "-" in selection.arguments or list_options.file == "-":
            return None
        names = [
            name
            for each in selection.arguments
            if isinstance(each, str)
            for name in expand_glob(each)
        ]
        if any(is_archive(name) and not name.lower().endswith(".zip") for name in names):
            return None
        with list_options.open(lambda _message: None) as listed:
            same = replace(selection, file_list=listed)
            return sum(1 for _ in same.local(settings))
    except (GlassesError, OSError):
        return None  # the run itself reports it

"""A file that is there when it is whole: written beside its place, then renamed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from glasses.errors import UsageError


def check(path: Path) -> None:
    """Refuse a place that cannot be written, before anything is done.

    Raises:
        UsageError: Names it.
    """
    if str(path) == "-":
        raise UsageError("- cannot be written: name a file, not stdout")
    if path.is_dir():
        raise UsageError(f"{path} cannot be written: it is a folder")
    if not path.absolute().parent.is_dir():
        raise UsageError(f"{path} cannot be written: the folder {path.parent} does not exist")
    place = path.resolve()
    replaced = not place.exists() or place.is_file()
    needed = place.parent if replaced else place
    if not os.access(needed, os.W_OK):
        raise UsageError(f"{path} cannot be written: no permission to write to {needed}")


@contextmanager
def whole(path: Path) -> Iterator[BinaryIO]:
    """Write a file; whatever goes wrong within, what stood there before stays as it was.

    A link stays one, and a device or a pipe is written to, never replaced.

    Raises:
        UsageError: It cannot be written.
    """
    place = path.resolve()
    partial = place.with_name(f".{place.name}.{os.getpid()}.partial")
    try:
        if place.exists() and not place.is_file():
            with place.open("wb") as out:
                yield out
            return
        with partial.open("wb") as out:
            yield out
        partial.replace(place)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror or error}") from None
    finally:
        partial.unlink(missing_ok=True)

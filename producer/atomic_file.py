"""Atomic writes: a file is written under a temporary name next to its target, then renamed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from glasses.errors import UsageError


def check(path: Path) -> None:
    """Check that a file can be written, before any work is done.

    Raises:
        UsageError: It cannot be written.
    """
    if str(path) == "-":
        raise UsageError("- cannot be written: pass a file, not stdout")
    if path.is_dir():
        raise UsageError(f"{path} cannot be written: it is a directory")
    if not path.absolute().parent.is_dir():
        raise UsageError(f"{path} cannot be written: the directory {path.parent} does not exist")
    target = path.resolve()
    is_replaced = not target.exists() or target.is_file()
    written = target.parent if is_replaced else target
    if not os.access(written, os.W_OK):
        raise UsageError(f"{path} cannot be written: no permission to write to {written}")


@contextmanager
def atomic_file(path: Path, temporary: str | None = None) -> Iterator[BinaryIO]:
    """Open a file for writing; an error in the block leaves an existing file unchanged.

    A symbolic link is followed, not replaced. A device or a pipe is written to directly.

    Args:
        path: The file.
        temporary: Name of the temporary file, if only one process at a time writes to `path`; by
            default it has the process id.

    Raises:
        UsageError: The file cannot be written.
    """
    target = path.resolve()
    partial = target.with_name(temporary or f".{target.name}.{os.getpid()}.partial")
    try:
        if target.exists() and not target.is_file():
            with target.open("wb") as out:
                yield out
            return
        with partial.open("wb") as out:
            yield out
        partial.replace(target)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror or error}") from None
    finally:
        partial.unlink(missing_ok=True)

"""Files that are read to their end: a pipe may have none, and opening it may wait for ever."""

from __future__ import annotations

import errno
import os
import stat
from io import BufferedReader
from pathlib import Path


class NotRegularError(OSError):
    """A pipe, a device or a socket."""

    def __init__(self, path: Path) -> None:
        super().__init__(errno.EINVAL, "is no regular file", str(path))


def check_regular(path: Path) -> None:
    """Refuse what may never end; a folder is left to whoever opens it, who says so plainly.

    Raises:
        NotRegularError: It is neither a file nor a folder.
        OSError: It is gone, or out of reach.
    """
    mode = os.stat(path).st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise NotRegularError(path)


def open_regular(path: Path) -> BufferedReader:
    """Open a file for reading; raises as `check_regular` does."""
    check_regular(path)
    return path.open("rb")


def read_regular(path: Path) -> bytes:
    """A file's bytes; raises as `check_regular` does."""
    with open_regular(path) as file:
        return file.read()

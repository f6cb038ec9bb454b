"""Append complete rows to a file, durably."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from glasses.errors import UsageError


class RowsFile:
    """A file of rows with one writer. It can be read at any time.

    Args:
        path: The file, created if it does not exist.

    Raises (also every method):
        UsageError: It cannot be written, or another program has changed it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._errors():
            path.touch()
            folder = os.open(path.absolute().parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def check(self, length: int, pending: int) -> None:
        """Check the file's size, which shows whether another program has changed it.

        Args:
            length: Bytes known to be written.
            pending: Bytes that a killed run may have been appending.
        """
        with self._errors():
            size = self.path.stat().st_size
        if not length <= size <= length + pending:
            raise UsageError(
                f"{self.path} has {size} bytes, but this command wrote {length}: something else "
                "changed it. Restore its content, or use another output file (which classifies all "
                "photos again)."
            )

    def append(self, length: int, data: bytes) -> None:
        """Append rows and sync them to disk, replacing a partial append of the same rows.

        Args:
            length: Size of the file without them in bytes.
            data: Complete rows.
        """
        self.check(length, len(data))
        with self._errors(), self.path.open("r+b") as file:
            file.truncate(length)
            file.seek(length)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise UsageError(f"{self.path} cannot be written: {error.strerror}") from None

"""The file that rows are appended to, in whole rows."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from glasses.errors import UsageError


class Output:
    """A file of rows that one program writes. Readers may read it at any time.

    Args:
        path: It is made if need be.

    Raises (also every method):
        UsageError: It cannot be written, or somebody else has changed it.
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
        """Refuse a file that does not hold what was written to it.

        Args:
            length: Bytes that it surely has.
            pending: Bytes that were perhaps being appended when a run was killed.
        """
        with self._errors():
            found = self.path.stat().st_size
        if not length <= found <= length + pending:
            raise UsageError(
                f"{self.path} has {found} bytes, and {length} were written to it by this command: "
                "something else changed it. Bring back what was there, or name another file (then "
                "all photos are judged again)."
            )

    def append(self, length: int, data: bytes) -> None:
        """Append rows, so that they are on disk; in place of a part of them, if there is one.

        Args:
            length: Bytes that the file has without them.
            data: Whole rows.
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

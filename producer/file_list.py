"""The list of `--from-file`: names, or a table of photos."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from glasses.sources.photo_table import ListedFile

Names = Iterable["str | ListedFile"]


@dataclass(frozen=True, slots=True)
class ListOptions:
    """The options of a list.

    Attributes:
        file: Path of the list; `-` is standard input; None: there is no list.
        null: See `glasses.sources.file_list.read_names`.
        path_column: Column of the paths, if the list is a table.
        id_column: Column of the ids.
    """

    file: str | None = None
    null: bool = False
    path_column: str | None = None
    id_column: str | None = None

    def check(self) -> None:
        """Check that the options fit together.

        Raises:
            UsageError: They do not.
        """
        from glasses.errors import UsageError

        needed = {"--null": self.null, "--path-column": self.path_column is not None}
        for option, is_given in needed.items():
            if is_given and self.file is None:
                raise UsageError(f"{option} requires --from-file")
        if self.id_column is not None and self.path_column is None:
            raise UsageError("--id-column requires --path-column, the table's column of paths")
        if self.null and self.path_column is not None:
            raise UsageError("--null is for lists of names, and --path-column for tables")

    @contextmanager
    def open(self, notify: Callable[[str], None]) -> Iterator[Names | None]:
        """Yield the names in the list; None without a list.

        A table in a file is checked to its end first, so that no photo is sent before an error.

        Args:
            notify: Called with a message about rows that are skipped.

        Raises:
            UsageError: The list cannot be read.
        """
        from glasses.errors import UsageError

        if self.file is None:
            yield None
        elif self.file == "-":
            yield self._read(sys.stdin.buffer, "the list on stdin", notify)
        else:
            with ExitStack() as closing:
                try:
                    list_ = closing.enter_context(open(self.file, "rb"))
                except OSError as error:
                    message = f"the list {self.file} cannot be read: {error.strerror}"
                    raise UsageError(message) from None
                if self.path_column is not None and list_.seekable():
                    deque(self._read(list_, self.file, notify), maxlen=0)
                    list_.seek(0)
                    notify = _ignore
                yield self._read(list_, self.file, notify)

    def _read(self, list_: BinaryIO, name: str, notify: Callable[[str], None]) -> Names:
        from glasses.sources.file_list import read_names
        from glasses.sources.photo_table import TableColumns, read_table

        if self.path_column is None:
            return read_names(list_, self.null)
        return read_table(list_, name, TableColumns(self.path_column, self.id_column), notify)


def _ignore(_message: str) -> None:
    """Drop a message that was printed before."""

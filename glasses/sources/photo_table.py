"""Tables of photos: CSV files with a column of paths and, if the user has one, a column of ids."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import BinaryIO

from glasses.config.retry import Notify, ignore
from glasses.errors import UsageError

_DELIMITERS = (",", ";", "\t")
_LINE_BYTES = 1 << 20
_OTHER_ENCODINGS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}


@dataclass(frozen=True, slots=True)
class ListedFile:
    """A file of a list.

    Attributes:
        path: Its path, absolute or relative to the working directory.
        id: The user's own id of the photo; ids may repeat.
    """

    path: str
    id: str | None = None


@dataclass(frozen=True, slots=True)
class TableColumns:
    """The columns to read, by the names in the header.

    Attributes:
        path: Column with the paths of the photos.
        id: Column with the ids; None: no ids.
    """

    path: str
    id: str | None = None


def read_table(
    file: BinaryIO, name: str, columns: TableColumns, notify: Notify = ignore
) -> Iterator[ListedFile]:
    """Yield the files in a table, as lines of a pipe arrive.

    Fields are separated by commas, semicolons or tabs, as the header shows, and may be quoted.
    Rows without a path are skipped.

    Args:
        file: The table, in UTF-8 with or without a byte order mark.
        name: Its name in messages.
        columns: The columns to read.
        notify: Called at the end with a message about skipped rows.

    Raises:
        UsageError: It is not such a table, or has no such column; the message says in which line.
    """
    lines = _lines(file, name)
    first = next(lines, None)
    if first is None:
        raise UsageError(f"{name} is empty: a table begins with the names of its columns")
    if "\r" in first.rstrip("\r\n"):
        raise UsageError(
            f"{name}:1 has a carriage return inside a line: save the table with the line ends of "
            "Unix or Windows (in Excel, as CSV UTF-8)"
        )
    delimiter = _delimiter(first, columns.path)
    rows = csv.reader(chain([first], lines), delimiter=delimiter, strict=True)
    count, first_skipped = 0, 0
    try:
        header = [each.strip() for each in next(rows)]
        path_index = _index(header, columns.path, name)
        id_index = None if columns.id is None else _index(header, columns.id, name)
        for row in rows:
            path = _field(row, path_index)
            if path:
                yield ListedFile(path, None if id_index is None else _field(row, id_index) or None)
            elif row:
                count += 1
                first_skipped = first_skipped or rows.line_num
    except csv.Error as error:
        problem = str(error).partition(" - do you need")[0]
        raise UsageError(f"{name}:{rows.line_num} is not valid CSV: {problem}") from None
    if count:
        rows_ = "1 row" if count == 1 else f"{count} rows"
        notify(f"{name}: {rows_} without {columns.path!r} skipped (line {first_skipped} first)")


def _lines(file: BinaryIO, name: str) -> Iterator[str]:
    number = 0
    while True:
        try:
            line = file.readline(_LINE_BYTES)
        except OSError as error:
            raise UsageError(f"the list {name} cannot be read: {error.strerror}") from None
        if not line:
            return
        number += 1
        if number == 1:
            _check_encoding(line, name)
            line = line.removeprefix(codecs.BOM_UTF8)
        if len(line) == _LINE_BYTES:
            raise UsageError(f"{name}:{number} has more than {_LINE_BYTES} bytes: is it a table?")
        try:
            yield line.decode()
        except UnicodeDecodeError as error:
            raise UsageError(
                f"{name}:{number} is not UTF-8 (byte 0x{line[error.start]:02x}): save the table as "
                "UTF-8, or convert it with iconv"
            ) from None


def _check_encoding(line: bytes, name: str) -> None:
    found = (code for mark, code in _OTHER_ENCODINGS.items() if line.startswith(mark))
    encoding = next(found, "no text, or UTF-16" if b"\0" in line else None)
    if encoding:
        raise UsageError(
            f"{name}:1 is {encoding}: save the table as UTF-8, or convert it with iconv"
        )


def _delimiter(header: str, column: str) -> str:
    """Return the delimiter with which the header has the column; else the most frequent one."""
    for delimiter in _DELIMITERS:
        if column in (each.strip() for each in next(csv.reader([header], delimiter=delimiter), [])):
            return delimiter
    return max(_DELIMITERS, key=header.count)


def _index(header: Sequence[str], column: str, name: str) -> int:
    matches = [index for index, each in enumerate(header) if each == column]
    if not matches:
        columns = ", ".join(repr(each) for each in header)
        raise UsageError(f"{name} has no column {column!r}. Its columns are: {columns}")
    if len(matches) > 1:
        raise UsageError(f"{name} has {len(matches)} columns {column!r}: rename all but one")
    return matches[0]


def _field(row: Sequence[str], index: int) -> str:
    return row[index] if index < len(row) else ""

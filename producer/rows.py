"""Write verdict rows as text, one at a time, so memory does not grow with their number."""

from __future__ import annotations

import csv
import json
import unicodedata
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Protocol, TextIO

from glasses.protocol.eyewear import describe
from producer.options import Format

if TYPE_CHECKING:
    from glasses.protocol.schemas import JobStatus
    from glasses.protocol.verdict import Verdict

_SIGNS = frozenset("=+-@\N{MINUS SIGN}")
_SEPARATORS = frozenset("\t\r\n\0")
COLUMNS = (
    "image", "path", "id", "sha256", "status", "glasses", "eyewear", "probability", "faces",
    "orientation", "reason", "model", "threshold", "correction",
)  # fmt: skip
TEXT_COLUMNS = ("image", "path", "id", "model")
"""Columns with text that users choose."""


class RowFormat(Protocol):
    """A writer of rows in one format."""

    def write(self, row: Verdict) -> None:
        """Write a row."""

    def flush(self) -> None:
        """Make the written rows visible to readers, if the format allows it."""

    def describe(self, job: JobStatus) -> None:
        """Store the job whose rows these are, if the format has a place for it."""


class RowWriter:
    """Write the selected rows and count all of them.

    Args:
        rows: The format.
        is_selected: Tells which rows to write (`producer.row_filter.RowFilter`); default: all.

    Attributes:
        seen: All rows.
        written: Those selected.
        failed: Failed rows among all.
    """

    def __init__(
        self, rows: RowFormat, is_selected: Callable[[Verdict], bool] = lambda _: True
    ) -> None:
        self._rows = rows
        self._is_selected = is_selected
        self.seen = 0
        self.written = 0
        self.failed = 0

    def write(self, rows: Iterable[Verdict]) -> None:
        """Write the selected rows and update the counts."""
        for row in rows:
            self.seen += 1
            self.failed += row.status == "failed"
            if self._is_selected(row):
                self._rows.write(row)
                self.written += 1
        self._rows.flush()

    def describe(self, job: JobStatus) -> None:
        """Store the state of the job, which says how many rows are missing."""
        self._rows.describe(job)


class TextRows:
    """Write rows as text.

    Args:
        format_: None means a table on a terminal and JSON lines in a pipe.
        out: The file.
        spreadsheet_safe: Whether CSV has a `'` before names that are formulas, see `no_formula`.
    """

    def __init__(self, format_: Format | None, out: TextIO, spreadsheet_safe: bool = False) -> None:
        self._out = out
        self._is_terminal = out.isatty()
        self._format = format_ or (Format.TABLE if self._is_terminal else Format.JSONL)
        self._spreadsheet_safe = spreadsheet_safe
        self._csv: Any = csv.writer(_LineFeeds(out))
        if self._format is Format.CSV:
            self._csv.writerow(COLUMNS)
        elif self._format is Format.TABLE:
            out.write(_line("VERDICT", "PROBABILITY", "FACES", "PATH"))

    def flush(self) -> None:
        """Flush the file."""
        self._out.flush()

    def describe(self, job: JobStatus) -> None:
        """Do nothing: text has only rows."""

    def write(self, row: Verdict) -> None:
        """Write a row."""
        if self._format is Format.TABLE:
            self._out.write(_table_line(row))
            return
        values = row.model_dump(mode="json")
        if self._format is Format.JSONL:
            # ASCII: names that are not UTF-8 are kept as escapes.
            self._out.write(json.dumps(values) + "\n")
            return
        values["faces"] = json.dumps(values["faces"])
        for name in TEXT_COLUMNS:
            values[name] = self._csv_text(values[name] or "")
        values["glasses"] = str(row.glasses).lower()
        self._csv.writerow(["" if values[name] is None else values[name] for name in COLUMNS])

    def _csv_text(self, text: str) -> str:
        # Data is unchanged in a file; a terminal would interpret its control characters.
        text = printable(text) if self._is_terminal else utf8(text)
        return no_formula(text) if self._spreadsheet_safe else text


class _LineFeeds:
    """Ends lines with LF, although `csv` writes CR LF, so that it quotes fields with either."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def write(self, line: str) -> None:
        self._out.write(line.removesuffix("\r\n") + "\n")


def _table_line(row: Verdict) -> str:
    verdict = describe(row.glasses, row.eyewear)
    if row.status != "classified" and not row.is_labelled:
        verdict = row.status.replace("_", " ")
    probability = "" if row.probability is None else f"{row.probability:.3f}"
    faces = "" if row.status == "failed" else str(len(row.faces))
    photo = printable(row.path or row.image)
    photo += f"  ({row.reason})" if row.reason else ""
    if row.correction:
        photo += "  (corrected)" if row.is_labelled else "  (cannot tell)"
    photo += f"  id {printable(row.id)}" if row.id else ""
    return _line(verdict, probability, faces, photo)


def _line(verdict: str, probability: str, faces: str, photo: str) -> str:
    return f"{verdict:<10}  {probability:>11}  {faces:>5}  {photo}\n"


def no_formula(name: str) -> str:
    """Return a name that no spreadsheet evaluates as a formula (OWASP, CSV injection).

    Spreadsheets ignore leading spaces and treat full-width and other forms of the first sign as
    the sign.
    """
    first = unicodedata.normalize("NFKC", name.lstrip())[:1]
    return f"'{name}" if name[:1] in _SEPARATORS or first in _SIGNS else name


def utf8(name: str) -> str:
    """Return a file name with bytes that are not UTF-8 escaped."""
    return name.encode("utf-8", "backslashreplace").decode()


def printable(name: str) -> str:
    """Return a file name with control and unencodable characters escaped."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in name)

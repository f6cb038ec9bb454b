"""Verdict rows, one at a time: a million rows of text need no more memory than one."""

from __future__ import annotations

import csv
import json
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any, Protocol, TextIO

from producer.options import Format, Only

if TYPE_CHECKING:
    from glasses.verdict import Verdict

COLUMNS = (
    "image", "sha256", "status", "glasses", "probability", "faces", "reason", "model", "threshold",
)  # fmt: skip


def kind(row: Verdict) -> Only:
    """What a row is asked for by."""
    if row.status == "classified":
        return Only.GLASSES if row.glasses else Only.NO_GLASSES
    return Only(row.status.replace("_", "-"))


class Rows(Protocol):
    """A format of rows on its way out."""

    def write(self, row: Verdict) -> None:
        """Write a row."""

    def flush(self) -> None:
        """Let a reader have what was written, where the format can."""


class RowWriter:
    """Writes those verdicts that are asked for.

    Args:
        rows: How.
        only: Which; all if none is said.
    """

    def __init__(self, rows: Rows, only: Collection[Only] | None = None) -> None:
        self._rows = rows
        self._only = only
        self.seen = 0
        self.written = 0
        self.failed = 0

    def write(self, rows: Iterable[Verdict]) -> None:
        """Write those rows that are asked for; count all, those, and the failed ones among all."""
        for row in rows:
            self.seen += 1
            self.failed += row.status == "failed"
            if not self._only or kind(row) in self._only:
                self._rows.write(row)
                self.written += 1
        self._rows.flush()


class TextRows:
    """Rows as text.

    Args:
        format_: None chooses: table on a terminal, JSON lines in a pipe.
        out: Where to.
    """

    def __init__(self, format_: Format | None, out: TextIO) -> None:
        self._out = out
        self._format = format_ or (Format.TABLE if out.isatty() else Format.JSONL)
        self._csv: Any = csv.writer(out, lineterminator="\n")
        if self._format is Format.CSV:
            self._csv.writerow(COLUMNS)
        elif self._format is Format.TABLE:
            out.write(_line("VERDICT", "PROBABILITY", "FACES", "IMAGE"))

    def flush(self) -> None:
        """Let a reader have what was written."""
        self._out.flush()

    def write(self, row: Verdict) -> None:
        """Write a row."""
        if self._format is Format.TABLE:
            self._out.write(_table_line(row))
            return
        values = row.model_dump(mode="json")
        if self._format is Format.JSONL:
            # ASCII, so that names that are not UTF-8 come through as escapes.
            self._out.write(json.dumps(values) + "\n")
            return
        values["faces"] = json.dumps(values["faces"])
        values["image"] = no_formula(printable(row.image))
        values["glasses"] = str(row.glasses).lower()
        self._csv.writerow(["" if values[name] is None else values[name] for name in COLUMNS])


def _table_line(row: Verdict) -> str:
    verdict = "glasses" if row.glasses else "no glasses"
    if row.status != "classified":
        verdict = row.status.replace("_", " ")
    probability = "" if row.probability is None else f"{row.probability:.3f}"
    faces = "" if row.status == "failed" else str(len(row.faces))
    image = printable(row.image) + (f"  ({row.reason})" if row.reason else "")
    return _line(verdict, probability, faces, image)


def _line(verdict: str, probability: str, faces: str, image: str) -> str:
    return f"{verdict:<10}  {probability:>11}  {faces:>5}  {image}\n"


def no_formula(name: str) -> str:
    """A name that no spreadsheet takes for a formula (OWASP, CSV injection)."""
    return f"'{name}" if name.startswith(("=", "+", "-", "@")) else name


def printable(name: str) -> str:
    """A file name that cannot move the cursor, break a line, or fail to encode."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in name)

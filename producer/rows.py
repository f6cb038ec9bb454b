"""Verdict rows on stdout, one at a time: a million rows need no more memory than one."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TextIO

from producer.options import Format, Only

if TYPE_CHECKING:
    from glasses.verdict import Verdict

COLUMNS = (
    "image", "sha256", "status", "glasses", "probability", "faces", "reason", "model", "threshold",
)  # fmt: skip


def chosen(row: Verdict, only: Only | None) -> bool:
    """Whether a row is asked for."""
    if only is None:
        return True
    if only in {Only.GLASSES, Only.NO_GLASSES}:
        return row.status == "classified" and row.glasses == (only is Only.GLASSES)
    return row.status.replace("_", "-") == only


class RowWriter:
    """Writes verdicts in one of the formats.

    Args:
        format_: None chooses: table on a terminal, JSON lines in a pipe.
        only: Which rows.
        out: By default stdout.
    """

    def __init__(
        self, format_: Format | None, only: Only | None = None, out: TextIO | None = None
    ) -> None:
        self._out = out or sys.stdout
        self._format = format_ or (Format.TABLE if self._out.isatty() else Format.JSONL)
        self._only = only
        self._csv: Any = csv.writer(self._out, lineterminator="\n")
        self.failed = 0
        if self._format is Format.CSV:
            self._csv.writerow(COLUMNS)
        elif self._format is Format.TABLE:
            self._out.write(_line("VERDICT", "PROBABILITY", "FACES", "IMAGE"))

    def write(self, rows: Iterable[Verdict]) -> None:
        """Write those rows that are asked for; count the failed ones among all."""
        for row in rows:
            self.failed += row.status == "failed"
            if chosen(row, self._only):
                self._write(row)
        self._out.flush()

    def _write(self, row: Verdict) -> None:
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

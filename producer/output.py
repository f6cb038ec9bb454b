"""Where rows go and in which format: stdout, or a file that is there when it is whole."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import BinaryIO

from glasses.errors import UsageError
from producer import whole
from producer.counted import counted
from producer.narration import say
from producer.options import Format, Only
from producer.rows import RowWriter, TextRows

SUFFIXES = {
    ".parquet": Format.PARQUET,
    ".csv": Format.CSV,
    ".jsonl": Format.JSONL,
    ".ndjson": Format.JSONL,
    ".txt": Format.TABLE,
}


@dataclass(frozen=True, slots=True)
class Output:
    """What rows are written to.

    Attributes:
        path: Of the file; None is stdout.
        format: None chooses: table on a terminal, JSON lines in a pipe.
    """

    path: Path | None
    format: Format | None

    @classmethod
    def of(cls, path: Path | None, format_: Format | None) -> Output:
        """Check what was asked for, before anything is done.

        Raises:
            UsageError: The file cannot be written, its name says no format, or Parquet cannot be
                written here.
        """
        if path is not None:
            whole.check(path)
            format_ = format_ or SUFFIXES.get(path.suffix.lower())
            if format_ is None:
                raise UsageError(
                    f"the name {path} says no format: let it end in {', '.join(SUFFIXES)}, or give "
                    "--format"
                )
        if format_ is Format.PARQUET:
            if path is None and sys.stdout.isatty():
                raise UsageError("Parquet is not for a terminal: give -o FILE")
            if not can_write_parquet():
                raise UsageError(
                    "Parquet is written by pyarrow, which is not installed: "
                    "pip install 'people-with-glasses[parquet]'"
                )
        return cls(path, format_)

    @contextmanager
    def open(self, only: Collection[Only] | None = None) -> Iterator[RowWriter]:
        """Write rows.

        Args:
            only: Which of them; all if none is said.

        Raises:
            UsageError: The file cannot be written.
        """
        if self.path is not None:
            with whole.whole(self.path) as out, self._rows(out, only) as writer:
                yield writer
        elif self.format is Format.PARQUET:
            sys.stdout.flush()
            with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as out, self._rows(out, only) as rows:
                yield rows
        else:
            yield RowWriter(TextRows(self.format, sys.stdout), only)

    def ended(self, writer: RowWriter) -> int:
        """Say what went to the file, and how many photos failed; returns the exit code."""
        parts = [f"{self.path}: {counted(writer.written, 'row')}"] if self.path else []
        if writer.failed:
            photos = counted(writer.seen, "photo")
            parts.append(f"{writer.failed} of {photos} failed, hence exit code 1")
        if parts:
            say("; ".join(parts))
        return 1 if writer.failed else 0

    @contextmanager
    def _rows(self, out: BinaryIO, only: Collection[Only] | None) -> Iterator[RowWriter]:
        if self.format is not Format.PARQUET:
            text = io.TextIOWrapper(out, "utf-8", newline="", write_through=True)
            yield RowWriter(TextRows(self.format, text), only)
            text.detach()
            return
        from producer.parquet import ParquetRows

        rows = ParquetRows(out)
        try:
            yield RowWriter(rows, only)
            rows.close()
        except BaseException:
            rows.abandon()
            raise


def can_write_parquet() -> bool:
    """Whether pyarrow is installed."""
    return find_spec("pyarrow") is not None

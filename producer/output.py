"""Write rows to stdout or atomically to a file, in the requested format."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from glasses.errors import ExitCode, UsageError
from producer import atomic_file, exit_codes
from producer.console import log_status, stdout
from producer.options import Format
from producer.pluralize import pluralize
from producer.row_filter import RowFilter
from producer.rows import RowWriter, TextRows

if TYPE_CHECKING:
    from glasses.protocol.schemas import JobStatus

SUFFIXES = {
    ".parquet": Format.PARQUET,
    ".csv": Format.CSV,
    ".jsonl": Format.JSONL,
    ".ndjson": Format.JSONL,
    ".txt": Format.TABLE,
}


@dataclass(frozen=True, slots=True)
class RowOutput:
    """A destination of rows.

    Attributes:
        path: The file; None is stdout.
        format: None means a table on a terminal and JSON lines in a pipe.
        spreadsheet_safe: See `TextRows`.
    """

    path: Path | None
    format: Format | None
    spreadsheet_safe: bool = False

    @classmethod
    def of(
        cls, path: Path | None, format_: Format | None, spreadsheet_safe: bool = False
    ) -> RowOutput:
        """Check the options of the output, before any work is done.

        Raises:
            UsageError: The file cannot be written, its suffix names no format, Parquet is not
                possible here, or the format has no protection against formulas.
        """
        if path is not None:
            atomic_file.check(path)
            format_ = format_ or SUFFIXES.get(path.suffix.lower())
            if format_ is None:
                raise UsageError(
                    f"{path}: unknown format. Use a name that ends in {', '.join(SUFFIXES)}, or "
                    "pass --format"
                )
        if format_ is Format.PARQUET:
            if path is None and sys.stdout.isatty():
                raise UsageError("Parquet cannot be printed on a terminal: pass -o FILE")
            if not can_write_parquet():
                raise UsageError(
                    "Parquet requires pyarrow, which is not installed: "
                    "pip install 'people-with-glasses[parquet]'"
                )
        if spreadsheet_safe and format_ is not Format.CSV:
            raise UsageError("--spreadsheet-safe requires --format csv, or -o FILE.csv")
        return cls(path, format_, spreadsheet_safe)

    @contextmanager
    def open(
        self, selected: RowFilter | None = None, temporary: str | None = None
    ) -> Iterator[RowWriter]:
        """Open the destination.

        Args:
            selected: The rows to write; None: all.
            temporary: See `atomic_file.atomic_file`.

        Raises:
            UsageError: The file cannot be written.
        """
        selected = selected or RowFilter()
        if self.path is not None:
            with (
                atomic_file.atomic_file(self.path, temporary) as out,
                self._writer(out, selected) as writer,
            ):
                yield writer
        elif self.format is Format.PARQUET:
            sys.stdout.flush()
            with (
                os.fdopen(os.dup(sys.stdout.fileno()), "wb") as out,
                self._writer(out, selected) as writer,
            ):
                yield writer
        else:
            yield RowWriter(TextRows(self.format, stdout(), self.spreadsheet_safe), selected)

    @property
    def is_regular_file(self) -> bool:
        """Return whether the rows go to a file that is not a device or a pipe."""
        return self.path is not None and (not self.path.exists() or self.path.is_file())

    def finish(self, writer: RowWriter, job: JobStatus | None = None) -> int:
        """Log the written rows and the failed photos; return the exit code.

        Args:
            writer: What `open` yielded.
            job: The job whose verdicts were written, if any; some of them may be missing.
        """
        code = ExitCode.FAILED if writer.failed else ExitCode.SUCCESS
        if job is not None:
            code = exit_codes.of_rows(job, otherwise=code)
        parts = [f"{self.path}: {pluralize(writer.written, 'row')}"] if self.path else []
        if writer.failed:
            photos = pluralize(writer.seen, "photo")
            shown = f" (exit code {code})" if code is ExitCode.FAILED else ""
            parts.append(f"{writer.failed} of {photos} failed{shown}")
        if parts:
            log_status("; ".join(parts))
        return code

    @contextmanager
    def _writer(self, out: BinaryIO, selected: RowFilter) -> Iterator[RowWriter]:
        if self.format is not Format.PARQUET:
            text = io.TextIOWrapper(out, "utf-8", newline="", write_through=True)
            yield RowWriter(TextRows(self.format, text, self.spreadsheet_safe), selected)
            text.detach()
            return
        from producer.parquet import ParquetRows

        rows = ParquetRows(out)
        try:
            yield RowWriter(rows, selected)
            rows.close()
        except BaseException:
            rows.abandon()
            raise


def can_write_parquet() -> bool:
    """Return whether pyarrow is installed."""
    return find_spec("pyarrow") is not None

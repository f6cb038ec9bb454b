"""Keep the rows of a run that is interrupted, and tell the user how to continue."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from glasses.errors import ExitCode, UsageError
from producer.console import log_status
from producer.output import RowOutput
from producer.pluralize import pluralize
from producer.resume.journal import Journal

if TYPE_CHECKING:
    from glasses.in_process import InProcess
    from glasses.protocol.photo_result import PhotoResult
    from producer.resume.run import Source
    from producer.rows import RowWriter


@dataclass(slots=True)
class KeptRows:
    """The rows of a run.

    Attributes:
        journal: The journal; None if the rows do not go to a regular file.
        writer: Writes and counts the rows, once the output is open.
    """

    journal: Journal | None
    writer: RowWriter | None = None

    @property
    def temporary(self) -> str | None:
        """Return a fixed name of the temporary output: an aborted run leaves it for the next."""
        return f"{self.journal.path.name}.output" if self.journal else None

    def results(self, pipeline: InProcess, photos: Iterable[Source]) -> Iterator[PhotoResult]:
        """Yield the results of photos in their order; those in the journal are not classified."""
        if self.journal is None:
            return pipeline.photo_results(photos)
        from producer.resume.run import ResumableRun

        self.journal.load(pipeline.rule.model)
        if self.journal.rows:
            log_status(_resumed(self.journal))
        run = ResumableRun(self.journal, pipeline.photo_results, pipeline.rule)
        return run.results(photos)


@contextmanager
def kept_rows(output: RowOutput, resume: bool) -> Iterator[KeptRows]:
    """Keep the rows of a run until its output is complete.

    Raises:
        UsageError: There is an interrupted run, and `resume` is false; or `resume` is true, and the
            rows do not go to a regular file.
        typer.Exit: The user interrupted the run.
    """
    if resume and not output.is_regular_file:
        raise UsageError("--resume requires -o FILE, and a file that is not a device or a pipe")
    opened = (
        Journal.open(output.path, resume)
        if output.path and output.is_regular_file
        else nullcontext()
    )
    with opened as journal:
        kept = KeptRows(journal)
        try:
            yield kept
        except KeyboardInterrupt:
            log_status(f"stopped: {_how_to_continue(kept)}")
            raise typer.Exit(ExitCode.INTERRUPTED) from None
        except Exception:
            if journal and journal.rows:
                log_status(_how_to_continue(kept))
            raise
        if journal:
            journal.delete()


def _how_to_continue(kept: KeptRows) -> str:
    if kept.journal is None:
        rows = pluralize(kept.writer.written if kept.writer else 0, "row")
        return f"{rows} written. A run with -o FILE can be continued later."
    if not kept.journal.rows:
        return "no photo was classified"
    rows = pluralize(kept.journal.rows, "row")
    return f"{rows} kept in {kept.journal.path}. Run the same command with --resume to continue."


def _resumed(journal: Journal) -> str:
    parts = [f"continuing after {pluralize(journal.rows, 'row')} in {journal.path}"]
    if journal.failed:
        parts.append(f"{journal.failed} failed and are tried again")
    if journal.other_models:
        parts.append(f"{journal.other_models} of another model are classified again")
    return "; ".join(parts)

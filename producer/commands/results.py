"""`glasses results`: print a job's verdicts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from producer.options import (
    CorrectionsOption,
    FormatOption,
    JobArgument,
    OnlyOption,
    OutputOption,
    SpreadsheetSafeOption,
    UnsureOption,
)

if TYPE_CHECKING:
    from glasses.protocol.verdict import Verdict


def command(
    job: JobArgument,
    format_: FormatOption = None,
    output: OutputOption = None,
    only: OnlyOption = None,
    unsure: UnsureOption = None,
    corrections: CorrectionsOption = None,
    spreadsheet_safe: SpreadsheetSafeOption = False,
    follow: Annotated[
        bool,
        typer.Option("--follow", help="Print verdicts as they arrive, until the job finishes."),
    ] = False,
) -> None:
    """Print a job's verdicts, one row per photo, in submission order."""
    from glasses.client import Client
    from glasses.errors import UsageError
    from glasses.sources.label_table import read_label_table
    from producer import missing_verdicts
    from producer.console import log_status
    from producer.feedback.corrected_verdicts import CorrectedVerdicts, log_unused
    from producer.output import RowOutput
    from producer.row_filter import RowFilter

    row_output = RowOutput.of(output, format_, spreadsheet_safe)
    selected = RowFilter.of(only, unsure)
    if follow and corrections:
        raise UsageError("--follow does not support --corrections: photos may be still unknown")
    labels = read_label_table(corrections).rows if corrections else []
    with Client(notify=log_status) as client:
        found = client.job(job, newest=True)
        corrected = None
        with row_output.open(selected) as writer:
            if follow:
                for batch in found.follow():
                    writer.write(batch)
                status = found.status()
            else:
                status = found.status()  # before the rows: they may be more by then, never fewer
                verdicts: Iterable[Verdict] = found.verdicts()
                if corrections:
                    corrected = CorrectedVerdicts(labels, found.id, found.verdicts)
                    verdicts = map(corrected.correct, verdicts)
                writer.write(verdicts)
            writer.describe(status)
    if corrected:
        log_unused(corrected)
    missing_verdicts.warn(status)
    raise typer.Exit(row_output.finish(writer, status))

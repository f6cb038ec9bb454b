"""`glasses classify`: run the worker's pipeline on this machine, without servers."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from producer.options import (
    ExcludeOption,
    Faces,
    FacesOption,
    FormatOption,
    FromFileOption,
    IncludeOption,
    NullOption,
    OnlyOption,
    OutputOption,
    PhotosArgument,
    SpreadsheetSafeOption,
    StrictOption,
    TableIdOption,
    TablePathOption,
    ThresholdOption,
    UnsureOption,
)

if TYPE_CHECKING:
    from glasses.protocol.groups import UnsureBand
    from glasses.protocol.photo_result import PhotoResult
    from glasses.protocol.verdict import DecisionRule


def command(
    paths: PhotosArgument = None,
    from_file: FromFileOption = None,
    null: NullOption = False,
    path_column: TablePathOption = None,
    id_column: TableIdOption = None,
    threshold: ThresholdOption = None,
    model: Annotated[str | None, typer.Option(help="Name or folder of a released model.")] = None,
    faces: FacesOption = Faces.ANY,
    include: IncludeOption = None,
    exclude: ExcludeOption = None,
    strict: StrictOption = False,
    format_: FormatOption = None,
    output: OutputOption = None,
    only: OnlyOption = None,
    unsure: UnsureOption = None,
    spreadsheet_safe: SpreadsheetSafeOption = False,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="Continue an interrupted run with the same -o FILE, if there is one: photos whose "
            "files are unchanged are not classified again.",
        ),
    ] = False,
    report: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Also write a report; see `glasses report`."),
    ] = None,
    processes: Annotated[
        int | None,
        typer.Option(min=1, help="Number of parallel processes.  [default: one per core]"),
    ] = None,
) -> None:
    """Classify photos on this machine, without Redis or an object store.

    The rows are the same as those of a job. Each process has a worker's memory and time limits, and
    at most its share of this machine's free memory. A photo that exceeds a limit fails alone.

    Files that are photos neither by name nor by content are ignored and counted. Named files
    (arguments, lines of a list) are never ignored: what is not a photo fails.

    With -o FILE, rows are kept in .FILE.partial until all are done: after Ctrl-C, a kill or a
    crash, run the same command with --resume. A photo is classified again if the size or
    modification time of its file (or archive) differs, if it failed, or if the model differs.
    """
    from glasses.config.cores import cores
    from glasses.in_process import InProcess
    from glasses.protocol.verdict import FaceChoice
    from glasses.sources.arguments import PhotoSelection
    from glasses.sources.left_out import LeftOut
    from producer.console import log_status
    from producer.file_list import ListOptions
    from producer.left_out_text import describe_left_out
    from producer.output import RowOutput
    from producer.report.file import ReportRequest
    from producer.resume.kept_rows import kept_rows
    from producer.resume.progress import progress
    from producer.row_filter import RowFilter

    list_options = ListOptions(from_file, null, path_column, id_column)
    list_options.check()
    row_output = RowOutput.of(output, format_, spreadsheet_safe)
    selected = RowFilter.of(only, unsure, report is not None)
    if report:
        ReportRequest(report).check()
    processes = processes or cores()
    report_processes = cores() if report else 0
    with kept_rows(row_output, resume) as kept, list_options.open(log_status) as names:
        selection = PhotoSelection(paths or (), names, include or (), exclude or (), strict=strict)
        selection.check_local()
        pipeline = InProcess(model, threshold, FaceChoice(faces), processes, report_processes)
        left_out = LeftOut()
        photos = selection.local(pipeline.settings, log_status, left_out)
        with (
            progress(selection, list_options, pipeline.settings) as advance,
            row_output.open(selected, kept.temporary) as writer,
        ):
            kept.writer = writer

            def write_rows() -> Iterator[PhotoResult]:
                for photo in kept.results(pipeline, photos):
                    writer.write([photo.verdict])
                    advance()
                    yield photo

            if report:
                _report(
                    report,
                    (*selection.names, "a list")[0],
                    pipeline.rule,
                    selected.band,
                    left_out.ignored,
                    write_rows(),
                    processes,
                )
            else:
                deque(write_rows(), maxlen=0)
    code = row_output.finish(writer)
    if not writer.seen:
        log_status(selection.no_photos)
    for line in describe_left_out(left_out):
        log_status(line)
    raise typer.Exit(code)


def _report(
    path: Path,
    title: str,
    rule: DecisionRule,
    band: UnsureBand,
    ignored: Mapping[str, int],
    photos: Iterator[PhotoResult],
    processes: int,
) -> None:
    import secrets

    from producer.console import log_status
    from producer.report.file import ReportRequest, describe, write_report
    from producer.report.page import ReportInfo

    request = ReportRequest(path)
    info = ReportInfo(
        identity=secrets.token_hex(8),
        job_id=None,
        title=title,
        text=f"Model {rule.model}, threshold {rule.threshold}, faces: {rule.faces}",
        pictures=request.pictures(),
        threshold=rule.threshold,
        faces=rule.faces,
        unsure=(band.low, band.high),
        ignored=ignored,
    )
    report = write_report(request, info, photos, lambda _sha256: None, None, False, processes)
    log_status(describe(request, report))

"""`glasses watch-folder`: classify photos as they arrive in a folder."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from glasses.errors import ExitCode
from producer.options import (
    ExcludeOption,
    Faces,
    FacesOption,
    Format,
    IncludeOption,
    InPlaceOption,
    SpreadsheetSafeOption,
    StrictOption,
    ThresholdOption,
)
from producer.pluralize import pluralize

if TYPE_CHECKING:
    from glasses.protocol.verdict import Verdict
    from producer.watching import Watcher, WatchState, WatchSummary

_FORMATS = {".jsonl": Format.JSONL, ".csv": Format.CSV}


def command(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Folder to watch, with its subfolders.")
    ],
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="FILE", help="File for the rows: .jsonl or .csv."),
    ],
    once: Annotated[
        bool, typer.Option("--once", help="Process the photos that exist now, then exit.")
    ] = False,
    interval: Annotated[
        float, typer.Option(min=0.1, metavar="SECONDS", help="Time between scans of the folder.")
    ] = 5,
    settle: Annotated[
        float,
        typer.Option(min=0, metavar="SECONDS", help="Quiet period before a new file is processed."),
    ] = 2,
    include: IncludeOption = None,
    exclude: ExcludeOption = None,
    strict: StrictOption = False,
    threshold: ThresholdOption = None,
    faces: FacesOption = Faces.ANY,
    in_place: InPlaceOption = False,
    spreadsheet_safe: SpreadsheetSafeOption = False,
) -> None:
    """Watch a folder: each photo that arrives gets exactly one row in FILE.

    A photo is identified by path and content: a changed photo gets another row. Hidden and
    unfinished files (.part, .crdownload, .tmp, ~ and so on) are skipped. Files that are photos
    neither by name nor by content are ignored and counted.

    After Ctrl-C, a kill or a power cut, run the same command to continue: progress is stored in
    FILE.state, an SQLite database. The folder is scanned periodically, so network shares work too.
    """
    from glasses.client import Client
    from glasses.errors import UsageError
    from glasses.protocol.verdict import FaceChoice
    from producer.console import log_status
    from producer.watching import RowsFile, WatchConfig, Watcher, WatchState, WatchSummary

    if not folder.is_dir():
        raise UsageError(f"{folder} is not a directory")
    encode = _encoder(output, spreadsheet_safe)
    watched = folder.resolve()
    if in_place:  # before any file is created
        with Client(notify=log_status) as client:
            client.check_in_place([str(watched)])
    rows_file = RowsFile(output.resolve())
    state_file = rows_file.path.with_name(rows_file.path.name + ".state")
    journal = state_file.with_name(state_file.name + "-journal")
    own_files = frozenset({rows_file.path, state_file, journal})

    def log_rows(rows: Sequence[Verdict]) -> None:
        # With --once the first batch may be the only one, which the last line reports.
        if not once or watcher.written.rows > len(rows):
            log_status(f"{_summary(WatchSummary.of(rows))} more")

    ignored: Counter[str] = Counter()

    def count_ignored(found: Counter[str]) -> None:
        ignored.update(found)
        if not once:
            _log_ignored(found)

    with (
        Client(notify=log_status) as client,
        WatchState.opened(state_file, watched, rows_file) as state,
    ):
        _report_other_rule(state, threshold, faces)
        watcher = Watcher(
            client=client,
            how=WatchConfig(watched, settle, tuple(include or ()), tuple(exclude or ()), own_files),
            state=state,
            output=rows_file,
            encode=encode,
            interval=interval,
            threshold=threshold,
            faces=FaceChoice(faces),
            in_place=in_place,
            strict=strict,
            notify=log_status,
            on_rows=log_rows,
            on_ignored=count_ignored,
        )
        _watch(watcher, once, folder, output, ignored)
    raise typer.Exit(ExitCode.FAILED if watcher.written.failed else ExitCode.SUCCESS)


def _report_other_rule(state: WatchState, threshold: float | None, faces: Faces) -> None:
    """Say that options which decide verdicts apply to new photos only: written rows stay."""
    from producer.console import log_status

    of = "the model's threshold" if threshold is None else f"threshold {threshold:g}"
    rule = f"{of} and --faces {faces}"
    last = state.replace_rule(rule)
    if last not in {None, rule}:
        log_status(f"rows written so far are by {last}, and stay; new photos are by {rule}")


def _watch(watcher: Watcher, once: bool, folder: Path, output: Path, ignored: Counter[str]) -> None:
    from producer.console import log_status

    if not once:
        log_status(f"watching {folder}, writing rows to {output}. Ctrl-C stops it.")
    try:
        watcher.run(once)
    except KeyboardInterrupt:
        log_status(
            f"stopped: {_summary(watcher.written)} written, "
            f"{pluralize(watcher.open_photos, 'photo')} pending. Run the same command to continue."
        )
        _log_ignored(ignored)
        raise typer.Exit(ExitCode.INTERRUPTED) from None
    log_status(f"{_summary(watcher.written)} written to {output}")
    _log_ignored(ignored)
    if watcher.unsettled:
        log_status(f"{pluralize(watcher.unsettled, 'file')} still changing: left for the next run")


def _log_ignored(ignored: Counter[str]) -> None:
    from producer.console import log_status
    from producer.left_out_text import describe_ignored

    if ignored:
        log_status(describe_ignored(ignored))


def _summary(written: WatchSummary) -> str:
    rows = pluralize(written.rows, "row")
    return f"{rows} ({written.with_glasses} with glasses, {written.failed} failed)"


def _encoder(output: Path, spreadsheet_safe: bool) -> Callable[[Sequence[Verdict], bool], bytes]:
    from glasses.errors import UsageError
    from producer.rows import TextRows

    format_ = _FORMATS.get(output.suffix.lower())
    if format_ is None:
        raise UsageError(f"{output}: the file name must end in {' or '.join(_FORMATS)}")
    if spreadsheet_safe and format_ is not Format.CSV:
        raise UsageError("--spreadsheet-safe requires -o FILE.csv")

    def encode(rows: Sequence[Verdict], with_header: bool) -> bytes:
        text = io.StringIO(newline="")
        writer = TextRows(format_, text, spreadsheet_safe)
        header = len(text.getvalue())
        for row in rows:
            writer.write(row)
        return text.getvalue()[0 if with_header else header :].encode()

    return encode

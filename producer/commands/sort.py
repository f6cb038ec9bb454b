"""`glasses sort`: sort a job's photos into folders, or undo that."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from producer.options import (
    CorrectionsOption,
    FromOption,
    JobArgument,
    JsonOption,
    Only,
    UnsureOption,
)

if TYPE_CHECKING:
    from glasses.protocol.photo_result import PhotoResult
    from producer.row_filter import RowFilter
    from producer.sorting import TransferMode


def command(
    job: JobArgument,
    into: Annotated[Path, typer.Option(metavar="DIR", help="Folder for the groups.")],
    copy: Annotated[bool, typer.Option("--copy", help="Copy the photos (default).")] = False,
    move: Annotated[bool, typer.Option("--move", help="Move the photos.")] = False,
    hardlink: Annotated[
        bool, typer.Option("--hardlink", help="Hard-link the photos, which uses no space.")
    ] = False,
    symlink: Annotated[
        bool, typer.Option("--symlink", help="Create symbolic links to the photos.")
    ] = False,
    only: Annotated[
        list[Only] | None,
        typer.Option(help="Sort only photos of this kind, see `results`; repeatable."),
    ] = None,
    by_kind: Annotated[
        bool,
        typer.Option(
            "--by-kind",
            help="Sort photos with glasses into DIR/eyeglasses and DIR/sunglasses, not DIR/with.",
        ),
    ] = False,
    unsure: UnsureOption = None,
    corrections: CorrectionsOption = None,
    companions: Annotated[
        bool,
        typer.Option(
            "--companions/--no-companions",
            help="Let sidecars, Live Photo videos and RAW files travel with their photo.",
        ),
    ] = True,
    from_: FromOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what would be sorted, and exit.")
    ] = False,
    undo: Annotated[
        bool, typer.Option("--undo", help="Undo what this command did for JOB in DIR.")
    ] = False,
    json_: JsonOption = False,
) -> None:
    """Sort a job's photos into DIR/with, without, unsure, no-face and failed.

    With --by-kind, DIR/eyeglasses and DIR/sunglasses replace DIR/with, which keeps photos whose
    kind is unknown: a person said that they show glasses, and no face was found.

    Each keeps the folder structure of the submission. Nothing is overwritten: another photo of the
    same name becomes "name (2)". A photo that is in place already is not sorted again, so the next
    job of a growing folder adds only what is new. If its group has changed, it moves to the other
    folder. Photos that are missing or have changed since they were classified are skipped and
    listed, with exit code 1. Run an interrupted command again to continue. DIR/.glasses-sort.jsonl
    records where each file came from; submit and classify skip a folder that contains it, unless it
    is passed explicitly.

    Companions of IMG_1.jpg are IMG_1 with the suffix xmp, aae, mov, mp4 or of a RAW, IMG_O1.aae,
    and IMG_1.jpg.xmp (pp3, dop, json), in upper or lower case. They keep the photo's new name. A
    RAW that was classified goes by its own verdict. Photos of one name share companions: all get
    them, but --move gives them to the first. Files that this separates are listed.
    """
    from glasses.errors import UsageError
    from glasses.protocol.groups import UnsureBand
    from producer.folders import check_folder
    from producer.row_filter import RowFilter
    from producer.sorting import TransferMode

    modes = [
        mode
        for mode, chosen in zip(TransferMode, (copy, move, hardlink, symlink), strict=True)
        if chosen
    ]
    if len(modes) > 1:
        raise UsageError("--copy, --move, --hardlink and --symlink are mutually exclusive")
    check_folder("--from", from_)
    if into.exists():
        check_folder("--into", into)
    if undo:
        code = _undo(job, into, dry_run, json_)
    else:
        mode = modes[0] if modes else TransferMode.COPY
        selected = RowFilter(only or (), UnsureBand.parse(unsure) if unsure else None)
        code = _sort(
            job, into, mode, selected, by_kind, corrections, companions, from_, dry_run, json_
        )
    raise typer.Exit(code)


def _sort(
    job_ref: str,
    into: Path,
    mode: TransferMode,
    selected: RowFilter,
    by_kind: bool,
    corrections: Path | None,
    companions: bool,
    from_: Path | None,
    dry_run: bool,
    json_: bool,
) -> int:
    from glasses.client import Client
    from glasses.errors import ExitCode
    from glasses.sources.label_table import read_label_table
    from producer import exit_codes, missing_verdicts
    from producer.console import log_status, progress_bars
    from producer.feedback.corrected_verdicts import CorrectedVerdicts, log_unused
    from producer.rows import printable
    from producer.sorting import SortSummary, Transfers, output
    from producer.sorting.run import SortRequest, sort_photos
    from producer.sorting.sort_log import open_log, read_log

    def print_pair(source: Path, target: Path) -> None:
        if not json_:
            typer.echo(f"{printable(str(source))} -> {printable(str(target))}")

    labels = read_label_table(corrections).rows if corrections else []
    done = SortSummary()
    with Client(notify=log_status) as client:
        job = client.job(job_ref, newest=True)
        status = job.status()
        total = status.submitted - status.without_verdict
        command = output.sort_command(job.id, into)
        max_bytes = client.settings.max_file_mb << 20
        request = SortRequest(selected, from_, companions, max_bytes, by_kind)
        corrected = corrections and CorrectedVerdicts(labels, job.id, job.verdicts)

        def read() -> Iterator[PhotoResult]:
            photos = job.photo_results()
            return map(corrected.correct_photo, photos) if corrected else photos

        try:
            if dry_run:  # It prints a line per photo, which would break the progress bar.
                transfers = Transfers(job.id, into, mode, None, read_log(into), print_pair)
                sort_photos(read, request, transfers, done)
            else:
                with open_log(into) as log, progress_bars() as bars:
                    transfers = Transfers(job.id, into, mode, log)
                    sort_photos(read, request, transfers, done, bars, total)
        except KeyboardInterrupt:
            if not dry_run:
                output.log_interrupted(done, command)
            raise
    output.log_notes(done, from_)
    if corrected:
        log_unused(corrected)
    missing_verdicts.warn(status)
    if json_:
        typer.echo(json.dumps(output.facts(status, into, mode, dry_run, done)))
    else:
        typer.echo(output.summary_line(done, dry_run))
    if (done.groups or done.regrouped) and not dry_run:
        output.log_undo(command)
    return exit_codes.of_rows(status, ExitCode.FAILED if done.left else ExitCode.SUCCESS)


def _undo(job_ref: str, into: Path, dry_run: bool, json_: bool) -> int:
    from glasses.errors import ExitCode, UsageError
    from producer.console import log_some
    from producer.sorting import output, undo
    from producer.sorting.sort_log import open_log, read_log

    sorted_by = {entry.job_id for entry in read_log(into)}
    jobs = [job_ref] if job_ref in sorted_by else _find_by_name(job_ref, sorted_by)
    jobs = jobs or [job_id for job_id in sorted_by if job_id.startswith(job_ref)]
    if not sorted_by:
        raise UsageError(f"nothing to undo: no job was sorted into {into}")
    if len(jobs) != 1:
        listed = ", ".join(sorted(jobs or sorted_by))
        problem = "is ambiguous among" if jobs else "is none of"
        raise UsageError(
            f"nothing undone: {job_ref!r} {problem} the jobs sorted into {into}: {listed}"
        )
    if dry_run:
        raise UsageError("--undo does not support --dry-run: changed files are never touched")
    with open_log(into) as log:
        done = undo(log, into, jobs[0])
    log_some(f"skipped {path}: {why}" for path, why in done.left)
    log_some(f"nothing to undo for {path}: it is no longer there" for path in done.gone)
    if json_:
        typer.echo(json.dumps(output.undo_facts(jobs[0], done)))
    else:
        typer.echo(output.undo_line(done))
    return ExitCode.FAILED if done.left else ExitCode.SUCCESS


def _find_by_name(name: str, sorted_by: set[str]) -> list[str]:
    """Return the sorted jobs of a name, or none if no server is configured: undo needs none.

    If the newest job of that name was sorted, only that one is returned.
    """
    from glasses.client import Client
    from glasses.errors import GlassesError
    from producer.console import log_status

    try:
        with Client() as client:
            named = client.named(name)
    except GlassesError:
        return []
    found = [job_id for job_id in named if job_id in sorted_by]
    if found[:1] == named[:1]:
        found = found[:1]
    if len(named) > 1 and len(found) == 1:
        which = "the newest" if found == named[:1] else "the one sorted there"
        log_status(f"{len(named)} jobs are called {name!r}: this is {which}, {found[0]}")
    return found

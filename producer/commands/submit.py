"""`glasses submit`: upload photos and queue them."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from producer.options import (
    ExcludeOption,
    Faces,
    FacesOption,
    FromFileOption,
    IncludeOption,
    InPlaceOption,
    JsonOption,
    NullOption,
    StrictOption,
    TableIdOption,
    TablePathOption,
    ThresholdOption,
)
from producer.pluralize import pluralize

if TYPE_CHECKING:
    from glasses.client import Client, Job, SubmitOptions
    from glasses.jobs.submission import SubmissionProgress
    from glasses.sources.arguments import PhotoSelection


def command(
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PATH…",
            help="Folders, files, globs, archives (.zip, .tar, .tar.gz, .tar.bz2, .tar.xz), "
            "s3://BUCKET/PREFIX in the configured object store, or - for a list on stdin.",
        ),
    ] = None,
    from_file: FromFileOption = None,
    null: NullOption = False,
    path_column: TablePathOption = None,
    id_column: TableIdOption = None,
    name: Annotated[str | None, typer.Option(help="Job name; default: the first PATH.")] = None,
    include: IncludeOption = None,
    exclude: ExcludeOption = None,
    strict: StrictOption = False,
    threshold: ThresholdOption = None,
    faces: FacesOption = Faces.ANY,
    in_place: InPlaceOption = False,
    wait: Annotated[
        bool,
        typer.Option(
            "--wait/--detach",
            help="Wait for the verdicts, which the exit code then covers; the default also in "
            "scripts and pipelines. With --detach, 0 says only that all photos were submitted.",
        ),
    ] = True,
    timeout: Annotated[float | None, typer.Option(help="Give up after this many seconds.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what would be sent, with a forecast, and exit.")
    ] = False,
    json_: JsonOption = False,
) -> None:
    """Upload photos, queue them and print the job id.

    The id is the only output on stdout. It is printed before anything is sent. With --json it is
    the line {"job_id": "…"}; unless --detach is given, the final counts follow as another line.

    Archives are opened only if they are passed explicitly, and never unpacked to disk; their photos
    are named ARCHIVE/NAME. Photos in a bucket are read once; the server then copies them.

    Files that are photos neither by name nor by content are ignored and counted; --dry-run lists
    them. Named files (arguments, lines of a list) are never ignored: what is not a photo fails.
    Without any photo the job is empty, and the exit code 0.
    """
    from glasses.client import Client, SubmitOptions
    from glasses.errors import ExitCode
    from glasses.ledger.find_job import check_name
    from glasses.protocol.verdict import FaceChoice
    from glasses.sources.arguments import PhotoSelection
    from producer.console import log_status
    from producer.dry_run import print_dry_run
    from producer.file_list import ListOptions

    check_name(name)
    list_options = ListOptions(from_file, null, path_column, id_column)
    list_options.check()
    with list_options.open(log_status) as names, Client(notify=log_status) as client:
        selection = PhotoSelection(
            paths or [],
            names,
            include or (),
            exclude or (),
            in_place=in_place,
            strict=strict,
        )
        if dry_run:
            print_dry_run(client, selection, json_)
            return
        options = SubmitOptions(
            name=name or (f"list {from_file}" if from_file and not paths else None),
            threshold=threshold,
            faces=FaceChoice(faces),
        )
        job, is_complete = _submit(client, selection, options, json_)
        if wait:
            _follow(job, timeout, json_)
        if not is_complete:
            code = ExitCode.NO_VERDICT
            says = "was cancelled or removed before its last photo was submitted"
            log_status(f"job {job.id} {says} (exit code {code})")
            raise typer.Exit(code)
        log_status(
            f"`glasses watch {job.id}` follows it, `glasses results {job.id}` prints the verdicts."
        )


def _submit(
    client: Client, selection: PhotoSelection, options: SubmitOptions, json_: bool
) -> tuple[Job, bool]:
    """Submit photos; return the job, and False if its end kept some from being submitted."""
    from contextlib import ExitStack

    from glasses.errors import ExitCode
    from glasses.jobs.submission import SubmissionProgress
    from producer.console import log_status, progress_bars
    from producer.json_output import SubmittedOutput, as_json
    from producer.left_out_text import describe_left_out
    from producer.submission_bars import SubmissionBars

    job_id = ""
    latest = SubmissionProgress()
    bars = SubmissionBars(selection)
    with ExitStack() as drawing:

        def created(job: Job) -> None:
            nonlocal job_id
            job_id = job.id
            typer.echo(as_json(SubmittedOutput(job_id=job.id)) if json_ else job.id)
            sys.stdout.flush()
            bars.start(drawing.enter_context(progress_bars()))  # after the id, which is above them

        def progressed(progress: SubmissionProgress) -> None:
            nonlocal latest
            latest = progress
            bars.show(progress)

        try:
            callbacks = replace(options, on_created=created, on_progress=progressed)
            job = client.submit_selection(selection, callbacks)
        except KeyboardInterrupt:
            drawing.close()
            log_status(_stopped(client, job_id))
            raise typer.Exit(ExitCode.INTERRUPTED) from None
        bars.finish(latest)
    log_status(describe(latest) if latest.hashed else selection.no_photos)
    for line in describe_left_out(latest.left_out):
        log_status(line)
    return job, latest.submitted == latest.hashed


def _stopped(client: Client, job_id: str) -> str:
    if not job_id:
        return "stopped: nothing was queued"
    queued = client.job(job_id).status().submitted
    return (
        f"stopped: {pluralize(queued, 'photo')} queued. Run the same command again to submit the "
        f"rest; photos already classified are skipped. `glasses cancel {job_id}` cancels the job."
    )


def _follow(job: Job, timeout: float | None, json_: bool) -> None:
    from glasses.errors import ExitCode
    from producer import exit_codes, missing_verdicts
    from producer.commands.watch import follow
    from producer.console import log_status
    from producer.json_output import as_json

    try:
        status = follow(job, timeout, json_)
    except KeyboardInterrupt:
        log_status(f"the job continues. `glasses watch {job.id}` follows it again.")
        raise typer.Exit(ExitCode.INTERRUPTED) from None
    if json_:
        typer.echo(as_json(status))
    missing_verdicts.warn(status)
    log_status(f"`glasses results {job.id}` prints the verdicts.")
    raise typer.Exit(exit_codes.of_ended_job(status))


def describe(progress: SubmissionProgress) -> str:
    """Return a line that says how many photos were uploaded, and why others were not."""
    parts = [f"{pluralize(progress.hashed, 'photo')}: {progress.uploaded} uploaded"]
    if progress.present:
        parts.append(f"{progress.present} already uploaded")
    if progress.in_place:
        parts.append(f"{progress.in_place} left in place: keep them until the job has finished")
    if progress.known:
        parts.append(f"{progress.known} already classified by this model")
    if progress.refused:
        parts.append(f"{progress.refused} failed before upload")
    return ", ".join(parts)

"""`glasses report`: a job as one HTML file."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from producer.counted import counted
from producer.options import FromOption, JobArgument, JsonOption, UnsureOption

if TYPE_CHECKING:
    from glasses.groups import Band
    from glasses.schemas import JobStatus
    from producer.report.file import Wanted
    from producer.report.page import About


def command(
    job: JobArgument,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="The file to write.")
    ] = Path("report.html"),
    unsure: UnsureOption = None,
    from_: FromOption = None,
    thumbnails: Annotated[
        bool, typer.Option("--thumbnails/--no-thumbnails", help="Put small pictures into it.")
    ] = True,
    links: Annotated[
        bool,
        typer.Option(
            "--links/--no-links",
            help="Let the large view show the photos' own files, by their relative paths.",
        ),
    ] = True,
    json_: JsonOption = False,
) -> None:
    """Write a job's verdicts as one HTML file: look, search, move the threshold, mark mistakes.

    It loads nothing from any network. The marks are exported as corrections.csv, which `glasses
    correct` takes. About 3.4 kB a photo (9 kB at most), 0.2 kB without thumbnails.
    """
    from glasses.client import Client
    from glasses.groups import Band
    from glasses.packs import stored
    from producer import incomplete
    from producer.folders import check_folder
    from producer.narration import say
    from producer.report.file import Wanted, in_words, write_report

    band = Band.parse(unsure) if unsure else Band()
    wanted = Wanted(output, links, thumbnails, from_)
    wanted.check()
    check_folder("--from", from_)
    with Client(tell=say) as client:
        found = client.job(job, newest=True)
        status = found.status()
        written = write_report(
            wanted,
            _about(status, band, wanted),
            found.judged(),
            lambda entry: stored(client.store, entry),
            status.submitted - status.pending - status.cancelled,
        )
    incomplete.warn(status)
    if status.pending:
        say(f"{counted(status.pending, 'photo')} without a verdict yet: not in the report")
    if json_:
        typer.echo(json.dumps({"path": str(output), **dataclasses.asdict(written)}))
    else:
        typer.echo(in_words(wanted, written))


def _about(status: JobStatus, band: Band, wanted: Wanted) -> About:
    from datetime import UTC, datetime

    from glasses.results import rule
    from producer.report.page import About

    when = datetime.fromtimestamp(status.created, UTC).strftime("%Y-%m-%d %H:%M UTC")
    which = rule(status)
    return About(
        identity=status.job_id,
        job_id=status.job_id,
        title=status.name,
        text=f"Job {status.job_id}, submitted {when}, model {which.model}, "
        f"threshold {which.threshold}, faces: {which.faces}",
        pictures=wanted.pictures(),
        threshold=which.threshold,
        faces=which.faces,
        unsure=(band.low, band.high),
    )

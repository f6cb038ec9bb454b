"""`glasses report`: write a job's verdicts as one HTML file."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from producer.options import FromOption, JobArgument, JsonOption, UnsureOption
from producer.report.picture_files import EMBED_MB
from producer.report.previews import Previews

if TYPE_CHECKING:
    from glasses.protocol.groups import UnsureBand
    from glasses.protocol.schemas import JobStatus
    from producer.report.file import ReportRequest
    from producer.report.page import ReportInfo


def command(
    job: JobArgument,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="The file to write.")
    ] = Path("report.html"),
    unsure: UnsureOption = None,
    from_: FromOption = None,
    thumbnails: Annotated[
        bool, typer.Option("--thumbnails/--no-thumbnails", help="Make thumbnails.")
    ] = True,
    previews: Annotated[
        Previews,
        typer.Option(
            help="Which photos have a preview of 1,024 px for the large view: those that browsers "
            "cannot show (HEIC, RAW, TIFF), all, or none.",
        ),
    ] = Previews.NEEDED,
    embed: Annotated[
        int,
        typer.Option(
            min=0,
            metavar="MB",
            help="Limit of the pictures in the file; further ones go to a folder beside it.",
        ),
    ] = EMBED_MB,
    links: Annotated[
        bool,
        typer.Option(
            "--links/--no-links",
            help="Let the large view load the photo files, by relative path.",
        ),
    ] = True,
    json_: JsonOption = False,
) -> None:
    """Write a job's verdicts as one HTML file: browse, search, set the threshold, mark mistakes.

    The file loads nothing from the network. It exports marks as corrections.csv, the input of
    `glasses correct`. Size per photo: about 3.4 kB (at most 9 kB), or 0.2 kB without thumbnails; a
    preview takes 50 to 160 kB.
    """
    from glasses.client import Client
    from glasses.protocol.groups import UnsureBand
    from glasses.storage.photo_reader import PhotoReader
    from producer import exit_codes, missing_verdicts
    from producer.console import log_some, log_status
    from producer.folders import check_folder
    from producer.report.file import ReportRequest, describe, write_report

    band = UnsureBand.parse(unsure) if unsure else UnsureBand()
    request = ReportRequest(output, links, thumbnails, from_, previews, embed)
    request.check()
    check_folder("--from", from_)
    with Client(notify=log_status) as client:
        found = client.job(job, newest=True)
        status = found.status()
        reader = PhotoReader(client.store, found.id)
        report = write_report(
            request,
            _report_info(status, band, request),
            found.photo_results(),
            reader.read,
            status.submitted - status.without_verdict,
        )
    log_some(f"no picture of {image}: its object cannot be read" for image in reader.unreadable)
    missing_verdicts.warn(status)
    if json_:
        job_facts = {
            "unreadable": reader.unreadable,
            "state": status.state,
            "without_verdict": status.without_verdict,
        }
        typer.echo(json.dumps({"path": str(output), **dataclasses.asdict(report), **job_facts}))
    else:
        typer.echo(describe(request, report))
    raise typer.Exit(exit_codes.of_rows(status))


def _report_info(status: JobStatus, band: UnsureBand, request: ReportRequest) -> ReportInfo:
    from datetime import UTC, datetime

    from glasses.jobs.results import decision_rule
    from producer.missing_verdicts import sentence
    from producer.report.page import ReportInfo

    missing = sentence(status)
    when = datetime.fromtimestamp(status.created, UTC).strftime("%Y-%m-%d %H:%M UTC")
    decision = decision_rule(status)
    return ReportInfo(
        identity=status.job_id,
        job_id=status.job_id,
        title=status.name,
        text=f"Job {status.job_id}, submitted {when}, model {decision.model}, "
        f"threshold {decision.threshold}, faces: {decision.faces}",
        pictures=request.pictures(),
        threshold=decision.threshold,
        faces=decision.faces,
        unsure=(band.low, band.high),
        notices=(f"This job {missing}.",) if missing else (),
        ignored=status.ignored,
    )

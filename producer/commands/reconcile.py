"""`glasses reconcile`: repair jobs now, also after Redis lost everything."""

from __future__ import annotations

import dataclasses
import json
from typing import Annotated

import typer

from producer.completion import complete_job
from producer.options import JsonOption


def command(
    job: Annotated[
        str | None,
        typer.Argument(
            metavar="[JOB]",
            help="Job id, its beginning, or its name; default: every job.",
            autocompletion=complete_job,
        ),
    ] = None,
    json_: JsonOption = False,
) -> None:
    """Queue lost photos at once; rebuild jobs that Redis lost from their manifests.

    Workers do the first by themselves, some seconds later. After Redis lost everything, the
    photos of rebuilt jobs are looked at again.
    """
    from glasses.client import Client
    from producer.narration import say

    with Client(tell=say) as client:
        found = client.reconcile(job)
    if json_:
        typer.echo(json.dumps([dataclasses.asdict(repaired) for repaired in found]))
        return
    for repaired in found:
        if repaired.rebuilt:
            what = f"rebuilt from its manifest, {repaired.rebuilt} photos"
        else:
            what = f"{repaired.queued} lost chunks queued again"
        typer.echo(f"{repaired.job_id}  {what}")

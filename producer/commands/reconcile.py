"""`glasses reconcile`: repair jobs now, even after Redis lost all data."""

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
            help="Job id, name or id prefix; default: every job.",
            autocompletion=complete_job,
        ),
    ] = None,
    json_: JsonOption = False,
) -> None:
    """Requeue lost photos now, and rebuild jobs that Redis lost from their manifests.

    Workers do both automatically within seconds. Photos whose verdicts Redis lost are classified
    again.
    """
    from glasses.client import Client
    from producer.console import log_status
    from producer.pluralize import pluralize

    with Client(notify=log_status) as client:
        repairs = client.reconcile(job)
    if json_:
        typer.echo(json.dumps([dataclasses.asdict(repaired) for repaired in repairs]))
        return
    for repaired in repairs:
        if repaired.rebuilt:
            what = f"rebuilt from its manifest, {pluralize(repaired.rebuilt, 'photo')}"
        else:
            what = f"{pluralize(repaired.queued, 'lost chunk')} requeued"
        typer.echo(f"{repaired.job_id}  {what}")

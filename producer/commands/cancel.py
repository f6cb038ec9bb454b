"""`glasses cancel`: cancel a job."""

from __future__ import annotations

import typer

from producer.options import JobArgument, JsonOption


def command(job: JobArgument, json_: JsonOption = False) -> None:
    """Cancel a job; verdicts already recorded are kept."""
    from glasses.client import Client
    from producer.console import log_status, summary
    from producer.json_output import as_json

    with Client(notify=log_status) as client:
        status = client.job(job).cancel()
    typer.echo(as_json(status) if json_ else summary(status))

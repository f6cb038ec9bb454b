"""`glasses resume`: continue a paused job."""

from __future__ import annotations

import typer

from producer.options import JobArgument, JsonOption


def command(job: JobArgument, json_: JsonOption = False) -> None:
    """Continue a paused job."""
    from glasses.client import Client
    from producer.console import log_status, summary
    from producer.json_output import as_json

    with Client(notify=log_status) as client:
        status = client.job(job).resume()
    typer.echo(as_json(status) if json_ else summary(status))

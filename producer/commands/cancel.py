"""`glasses cancel`: stop a job."""

from __future__ import annotations

import typer

from producer.options import JobArgument, JsonOption


def command(job: JobArgument, json_: JsonOption = False) -> None:
    """Stop a job; the verdicts that it has stay."""
    from glasses.client import Client
    from producer.machine import as_json
    from producer.narration import say, summary

    with Client(tell=say) as client:
        status = client.job(job).cancel()
    typer.echo(as_json(status) if json_ else summary(status))

"""`glasses rm`: remove a job with its photos."""

from __future__ import annotations

import json

import typer

from producer.options import JobArgument, JsonOption


def command(job: JobArgument, json_: JsonOption = False) -> None:
    """Remove a job: its photos and its verdicts. Photos that another job needs stay."""
    from glasses.client import Client
    from producer.narration import say

    with Client(tell=say) as client:
        found = client.job(job)
        removed = found.remove()
    if json_:
        typer.echo(json.dumps({"job_id": found.id, "photos_removed": removed}))
    else:
        typer.echo(f"job {found.id} removed, with {removed} photos")

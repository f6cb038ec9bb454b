"""`glasses status`: where a job stands."""

from __future__ import annotations

import typer

from producer.options import JobArgument, JsonOption


def command(job: JobArgument, json_: JsonOption = False) -> None:
    """Print where a job stands: submitted = classified + no face + failed + cancelled + pending."""
    from glasses.client import Client
    from producer.commands.watch import exit_code
    from producer.narration import as_json, say, summary
    from producer.rows import printable

    with Client(tell=say) as client:
        found = client.job(job)
        status = found.status()
        blocked = found.blockage(status)
    if json_:
        typer.echo(as_json(status))
    else:
        typer.echo(f"job        {status.job_id} ({printable(status.name)})")
        typer.echo(f"state      {status.state}")
        typer.echo(f"photos     {summary(status)}")
        typer.echo(f"model      {status.model or 'not chosen yet: no worker has taken a chunk'}")
        if blocked:
            typer.echo(f"waiting    {blocked}")
        if not status.complete:
            typer.echo(
                "incomplete its submitter stopped before the last photo: run the same "
                "`glasses submit` again, nothing is paid twice"
            )
        if status.threshold is not None:
            typer.echo(f"threshold  {status.threshold}")
    raise typer.Exit(exit_code(status))

"""`glasses jobs`: all jobs."""

from __future__ import annotations

import typer

from producer.options import JsonOption


def command(json_: JsonOption = False) -> None:
    """List the jobs that have not expired, the newest first."""
    from glasses.client import Client
    from glasses.statuses import listed_state
    from producer.machine import JobsOutput, as_json
    from producer.narration import say
    from producer.rows import printable

    with Client(tell=say) as client:
        found = client.jobs()
    if json_:
        typer.echo(as_json(JobsOutput(tuple(found))))
        return
    typer.echo(f"{'JOB':<8}  {'STATE':<10}  {'PHOTOS':>8}  {'PENDING':>8}  {'GLASSES':>8}  NAME")
    for s in found:
        state = listed_state(s.state, s.complete)
        typer.echo(
            f"{s.job_id:<8}  {state:<10}  {s.submitted:>8}  {s.pending:>8}  "
            f"{s.with_glasses:>8}  {printable(s.name)}"
        )

"""`glasses jobs`: all jobs."""

from __future__ import annotations

import typer

from producer.options import JsonOption


def command(json_: JsonOption = False) -> None:
    """List the jobs that have not expired, the newest first."""
    from datetime import datetime

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
    if not found:
        say("no jobs: `glasses submit PATH` makes one")
        return
    typer.echo(_line("JOB", "STATE", "SUBMITTED", "PHOTOS", "PENDING", "FAILED", "GLASSES", "NAME"))
    for s in found:
        when = datetime.fromtimestamp(s.created).astimezone().strftime("%Y-%m-%d %H:%M")
        counts = (s.submitted, s.pending, s.failed, s.with_glasses)
        state = listed_state(s.state, s.complete)
        typer.echo(_line(s.job_id, state, when, *map(str, counts), printable(s.name)))


def _line(job: str, state: str, when: str, *rest: str) -> str:
    *counts, name = rest
    return f"{job:<8}  {state:<10}  {when:<16}" + "".join(f"{n:>9}" for n in counts) + f"  {name}"

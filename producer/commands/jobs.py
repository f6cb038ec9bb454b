"""`glasses jobs`: list all jobs."""

from __future__ import annotations

import typer

from producer.options import JsonOption


def command(json_: JsonOption = False) -> None:
    """List the jobs that have not expired, newest first."""
    from datetime import datetime

    from glasses.client import Client
    from producer.console import log_status
    from producer.json_output import JobsOutput, as_json
    from producer.rows import printable

    with Client(notify=log_status) as client:
        jobs = client.jobs()
    if json_:
        typer.echo(as_json(JobsOutput(tuple(jobs))))
        return
    if not jobs:
        log_status("no jobs: `glasses submit PATH` creates one")
        return
    typer.echo(_line("JOB", "STATE", "SUBMITTED", "PHOTOS", "PENDING", "FAILED", "GLASSES", "NAME"))
    for job in jobs:
        when = datetime.fromtimestamp(job.created).astimezone().strftime("%Y-%m-%d %H:%M")
        counts = (job.submitted, job.pending, job.failed, job.with_glasses)
        typer.echo(_line(job.job_id, job.state, when, *map(str, counts), printable(job.name)))


def _line(job: str, state: str, when: str, *rest: str) -> str:
    *counts, name = rest
    return f"{job:<8}  {state:<10}  {when:<16}" + "".join(f"{n:>9}" for n in counts) + f"  {name}"

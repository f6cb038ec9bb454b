"""`glasses pause`: pause a job."""

from __future__ import annotations

import typer

from producer.options import JobArgument, JsonOption


def command(job: JobArgument, json_: JsonOption = False) -> None:
    """Pause a job: no further photo is started until `glasses resume`.

    Photos in progress are finished, and photos may still be submitted. A pause lasts over restarts
    of workers and servers. It does not extend the job's retention.
    """
    from glasses.client import Client
    from producer.console import log_status, summary
    from producer.json_output import as_json

    with Client(notify=log_status) as client:
        found = client.job(job)
        status = found.pause()
        reason = found.stall_reason(status)
    typer.echo(as_json(status) if json_ else summary(status))
    log_status(f"job {status.job_id}: {reason}")

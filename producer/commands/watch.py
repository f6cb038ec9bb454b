"""`glasses watch`: follow a job until it finishes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from producer.options import JobArgument, JsonOption

if TYPE_CHECKING:
    from glasses.client import Job
    from glasses.protocol.schemas import JobStatus

_STALL_CHECK_SECONDS = 3


def command(
    job: JobArgument,
    timeout: Annotated[float | None, typer.Option(help="Give up after this many seconds.")] = None,
    json_: JsonOption = False,
) -> None:
    """Follow a job until it finishes."""
    from glasses.client import Client
    from producer import exit_codes, missing_verdicts
    from producer.console import log_status, summary
    from producer.json_output import as_json

    with Client(notify=log_status) as client:
        status = follow(client.job(job, newest=True), timeout, json_, narrate=False)
    missing_verdicts.warn(status)
    typer.echo(as_json(status) if json_ else summary(status))
    raise typer.Exit(exit_codes.of_ended_job(status))


def follow(job: Job, timeout: float | None, json_: bool, narrate: bool = True) -> JobStatus:
    """Show a job's progress on stderr until it finishes.

    Args:
        job: The job.
        timeout: Give up after this many seconds; None: never.
        json_: Print the counts at a timeout, too.
        narrate: Log the summary at the end.

    Raises:
        WaitTimeoutError: The job had not finished after `timeout` seconds.
    """
    from glasses.client import pause
    from glasses.protocol.statuses import TERMINAL_JOB_STATES
    from producer.console import log_status, progress_bars, show_status, summary
    from producer.json_output import as_json

    deadline = time.monotonic() + timeout if timeout is not None else None
    with progress_bars() as bars:
        task = bars.add_task("classified", total=None, note="") if bars else None
        status = job.status()
        reported, next_check = None, time.monotonic() + _STALL_CHECK_SECONDS
        end: float | None = None
        while status.state not in TERMINAL_JOB_STATES:
            if deadline is not None and time.monotonic() > deadline:
                if json_:
                    typer.echo(as_json(status))
                job.wait(0)  # raises
            time.sleep(pause(status))
            status = job.status()
            if bars and task is not None:
                show_status(bars, task, status, max(0, end - time.monotonic()) if end else None)
            if time.monotonic() > next_check:
                next_check = time.monotonic() + _STALL_CHECK_SECONDS
                stall = job.stall_reason(status)
                if stall and stall != reported:
                    log_status(f"job {job.id} is waiting: {stall}")
                reported = stall
                if bars:
                    seconds = job.forecast(status).eta_seconds if status.paused is None else None
                    end = None if seconds is None else time.monotonic() + seconds
        if bars and task is not None:
            show_status(bars, task, status)
    if narrate:
        log_status(summary(status))
    return status

"""`glasses watch`: follow a job to its end."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from producer.options import JobArgument, JsonOption

if TYPE_CHECKING:
    from glasses.client import Job
    from glasses.schemas import JobStatus

_BLOCKAGE_SECONDS = 3


def command(
    job: JobArgument,
    timeout: Annotated[float | None, typer.Option(help="Wait at most so many seconds.")] = None,
    json_: JsonOption = False,
) -> None:
    """Follow a job until it has ended."""
    from glasses.client import Client
    from producer import incomplete
    from producer.machine import as_json
    from producer.narration import say, summary

    with Client(tell=say) as client:
        status = follow(client.job(job, newest=True), timeout, narrate=False)
    incomplete.warn(status)
    typer.echo(as_json(status) if json_ else summary(status))
    raise typer.Exit(exit_code(status))


def follow(job: Job, timeout: float | None, narrate: bool = True) -> JobStatus:
    """Show a job's progress on stderr until it has ended.

    Raises:
        WaitTimeoutError: It had not ended after `timeout` seconds.
    """
    from glasses.client import pause
    from glasses.statuses import TERMINAL_JOB_STATES
    from producer.narration import progress_bars, say, show_status, summary

    end = time.monotonic() + timeout if timeout is not None else None
    with progress_bars() as bars:
        task = bars.add_task("classified", total=None, note="") if bars else None
        status = job.status()
        told, look = None, time.monotonic() + _BLOCKAGE_SECONDS
        while status.state not in TERMINAL_JOB_STATES:
            if end is not None and time.monotonic() > end:
                job.wait(0)
            time.sleep(pause(status))
            status = job.status()
            if bars and task is not None:
                show_status(bars, task, status)
            if time.monotonic() > look:
                look = time.monotonic() + _BLOCKAGE_SECONDS
                blocked = job.blockage(status)
                if blocked and blocked != told:
                    say(f"job {job.id} waits: {blocked}")
                told = blocked
        if bars and task is not None:
            show_status(bars, task, status)
    if narrate:
        say(summary(status))
    return status


def exit_code(status: JobStatus) -> int:
    """0 when all is well, 1 when photos failed or were cancelled."""
    return 1 if status.failed or status.cancelled else 0

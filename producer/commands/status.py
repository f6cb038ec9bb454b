"""`glasses status`: print the state of a job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from producer.options import JobArgument, JsonOption
from producer.pluralize import pluralize

if TYPE_CHECKING:
    from datetime import datetime

    from glasses.jobs.forecast import Forecast
    from producer.json_output import FinishBy


def command(
    job: JobArgument,
    finish_by: Annotated[
        str | None,
        typer.Option(metavar="HH:MM", help="Estimate the workers needed to finish by then."),
    ] = None,
    json_: JsonOption = False,
) -> None:
    """Print a job's state: submitted = classified + no face + failed + cancelled + pending."""
    from datetime import datetime

    from glasses.client import Client
    from glasses.errors import ExitCode
    from glasses.jobs.forecast import next_time
    from glasses.protocol.statuses import TERMINAL_JOB_STATES
    from producer import exit_codes, missing_verdicts
    from producer.console import log_status, summary
    from producer.json_output import StatusOutput, as_json
    from producer.left_out_text import describe_kinds
    from producer.rows import printable

    now = datetime.now().astimezone()
    deadline = next_time(finish_by, now) if finish_by is not None else None
    with Client(notify=log_status) as client:
        found = client.job(job, newest=True)
        status = found.status()
        stall = found.stall_reason(status)
        finished = status.state in TERMINAL_JOB_STATES
        forecast = None if finished else found.forecast(status)
    code = exit_codes.of_ended_job(status) if finished else ExitCode.SUCCESS
    if json_:
        by = finish(forecast, deadline, now) if deadline else None
        typer.echo(as_json(StatusOutput(**dict(status), forecast=forecast, finish_by=by)))
        raise typer.Exit(code)
    typer.echo(f"job        {status.job_id} ({printable(status.name)})")
    typer.echo(f"state      {status.state}")
    typer.echo(f"photos     {summary(status)}")
    if status.ignored:
        typer.echo(f"ignored    {sum(status.ignored.values())}: {describe_kinds(status.ignored)}")
    model = status.model or "not chosen yet: no worker has leased a chunk"
    typer.echo(f"model      {printable(model)}")
    if stall:
        typer.echo(f"waiting    {printable(stall)}")
    if (missing := missing_verdicts.sentence(status)) and (finished or not status.complete):
        typer.echo(f"missing    the job {missing}")
    if status.threshold is not None:
        typer.echo(f"threshold  {status.threshold}")
    if forecast:
        typer.echo(f"eta        {eta(forecast, now) if status.paused is None else 'paused'}")
    typer.echo(f"expires    {datetime.fromtimestamp(status.expires).astimezone():%Y-%m-%d %H:%M}")
    if deadline:
        typer.echo(f"finish by  {needed_by(forecast, deadline, now)}")
    raise typer.Exit(code)


def finish(forecast: Forecast | None, deadline: datetime, now: datetime) -> FinishBy:
    """Return how many worker processes would finish by a time, for `--json`."""
    from producer.json_output import FinishBy

    seconds = (deadline - now).total_seconds()
    needed = forecast.processes_to_end_within(seconds) if forecast else 0
    return FinishBy(time=deadline, workers=needed)


def eta(forecast: Forecast, now: datetime) -> str:
    """Return when the job is expected to finish, and the figures of that estimate."""
    from datetime import timedelta

    if not forecast.photos_ahead:
        return "all photos submitted so far are done"
    if not forecast.processes:
        return "unknown: no worker runs its model"
    if forecast.eta_seconds is None or forecast.process_rate is None:
        return "unknown: no worker has finished a chunk recently"
    end = now + timedelta(seconds=forecast.eta_seconds)
    return (
        f"in {duration(forecast.eta_seconds)}, at {end:%H:%M}: "
        f"{pluralize(forecast.photos_ahead, 'photo')}, "
        f"{pluralize(forecast.processes, 'worker process')} "
        f"at {forecast.process_rate:.1f} photos/s each"
    )


def needed_by(forecast: Forecast | None, deadline: datetime, now: datetime) -> str:
    """Return how many worker processes would finish by a time, in words."""
    if forecast is None:
        return "already finished"
    needed = forecast.processes_to_end_within((deadline - now).total_seconds())
    if needed is None:
        return "unknown: no worker has finished a chunk recently"
    processes = pluralize(needed, "worker process")
    return f"{processes} would finish by {deadline:%H:%M}; {forecast.processes} running"


def duration(seconds: float) -> str:
    """Return a duration with two significant digits and its unit."""
    if seconds < 100:
        return f"{max(1, round(seconds))} s"
    if seconds < 100 * 60:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"

"""`glasses status`: where a job stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from producer.counted import counted
from producer.options import JobArgument, JsonOption

if TYPE_CHECKING:
    from datetime import datetime

    from glasses.forecast import Forecast
    from producer.machine import FinishBy


def command(
    job: JobArgument,
    finish_by: Annotated[
        str | None,
        typer.Option(metavar="HH:MM", help="Say how many workers would finish by then."),
    ] = None,
    json_: JsonOption = False,
) -> None:
    """Print where a job stands: submitted = classified + no face + failed + cancelled + pending."""
    from datetime import datetime

    from glasses.client import Client
    from glasses.forecast import next_time
    from glasses.statuses import TERMINAL_JOB_STATES
    from producer import incomplete
    from producer.commands.watch import exit_code
    from producer.machine import StatusOutput, as_json
    from producer.narration import say, summary
    from producer.rows import printable

    now = datetime.now().astimezone()
    deadline = next_time(finish_by, now) if finish_by is not None else None
    with Client(tell=say) as client:
        found = client.job(job, newest=True)
        status = found.status()
        blocked = found.blockage(status)
        ended = status.state in TERMINAL_JOB_STATES
        forecast = None if ended else found.forecast(status)
    if json_:
        by = finish(forecast, deadline, now) if deadline else None
        typer.echo(as_json(StatusOutput(**dict(status), forecast=forecast, finish_by=by)))
        raise typer.Exit(exit_code(status))
    typer.echo(f"job        {status.job_id} ({printable(status.name)})")
    typer.echo(f"state      {status.state}")
    typer.echo(f"photos     {summary(status)}")
    typer.echo(f"model      {status.model or 'not chosen yet: no worker has taken a chunk'}")
    if blocked:
        typer.echo(f"waiting    {blocked}")
    if not status.complete:
        typer.echo(f"incomplete {incomplete.WHY}")
    if status.threshold is not None:
        typer.echo(f"threshold  {status.threshold}")
    if forecast:
        typer.echo(f"eta        {eta(forecast, now)}")
    if deadline:
        typer.echo(f"finish by  {needed_by(forecast, deadline, now)}")
    raise typer.Exit(exit_code(status))


def finish(forecast: Forecast | None, deadline: datetime, now: datetime) -> FinishBy:
    """How many workers would finish by a time, for programs."""
    from producer.machine import FinishBy

    seconds = (deadline - now).total_seconds()
    needed = forecast.processes_to_end_within(seconds) if forecast else 0
    return FinishBy(time=deadline, workers=needed)


def eta(forecast: Forecast, now: datetime) -> str:
    """When the job will have ended, and from what that follows."""
    from datetime import timedelta

    if not forecast.photos_ahead:
        return "all that was submitted so far has ended"
    if not forecast.processes:
        return "unknown: no worker with its model runs"
    if forecast.eta_seconds is None or forecast.process_rate is None:
        return "unknown: no worker has finished a chunk in the last minutes"
    end = now + timedelta(seconds=forecast.eta_seconds)
    return (
        f"in {duration(forecast.eta_seconds)}, at {end:%H:%M}: "
        f"{counted(forecast.photos_ahead, 'photo')}, "
        f"{counted(forecast.processes, 'worker process')} "
        f"at {forecast.process_rate:.1f} photos/s each"
    )


def needed_by(forecast: Forecast | None, deadline: datetime, now: datetime) -> str:
    """How many workers would finish by a time."""
    if forecast is None:
        return "it has ended"
    needed = forecast.processes_to_end_within((deadline - now).total_seconds())
    if needed is None:
        return "unknown: no worker has finished a chunk in the last minutes"
    runs = "1 runs" if forecast.processes == 1 else f"{forecast.processes} run"
    return f"{counted(needed, 'worker')} would finish by {deadline:%H:%M}; {runs}"


def duration(seconds: float) -> str:
    """A time in words, with two digits that matter."""
    if seconds < 100:
        return f"{max(1, round(seconds))} s"
    if seconds < 100 * 60:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"

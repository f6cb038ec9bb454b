"""`glasses up`, `down` and `ps`: start, stop and list the local stack."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Annotated

import typer

from producer.options import JsonOption
from producer.pluralize import pluralize

if TYPE_CHECKING:
    from infra.local.stack import StackInfo


def up(
    workers: Annotated[
        int | None, typer.Option(min=0, help="Number of worker processes; default: one per core.")
    ] = None,
    detach: Annotated[
        bool, typer.Option("--detach", help="Return once the stack is ready.")
    ] = False,
) -> None:
    """Start the local stack: a Valkey and an S3 server on loopback ports, and workers."""
    import os

    from glasses.config.settings import get_settings
    from glasses.config.stack_file import home
    from infra.local import stack
    from producer.console import log_status

    processes = workers if workers is not None else os.cpu_count() or 1
    if detach:
        info = stack.up(home(), processes, get_settings(), log_status)
        _report_up(info)
        if workers is not None and workers != info.stack.workers:
            target = pluralize(workers, "worker process")
            typer.echo(f"`glasses scale {workers}` changes that to {target}.", err=True)
        elif not info.stack.workers:
            typer.echo("no worker is running: `glasses scale 2` starts two.", err=True)
        typer.echo("`glasses down` stops it.", err=True)
    else:
        stack.run_foreground(home(), processes, get_settings(), _report_up, log_status)


def _report_up(info: StackInfo) -> None:
    if info.already_running and info.stack.workers:
        _check_model(info.stack.settings)
    state = "is already running" if info.already_running else "is up"
    settings = info.stack.settings
    typer.echo(
        f"the local stack {state}: {pluralize(info.stack.workers, 'worker process')}, "
        f"object store at {settings['s3_endpoint']}",
        err=True,
    )
    _warn_of_overrides(settings)


def _check_model(stack: dict[str, str]) -> None:
    """Check that the running workers use the configured model, which verdicts would not show.

    Raises:
        UsageError: They use another one.
    """
    from glasses.config.settings import get_settings, load_settings
    from glasses.errors import UsageError
    from glasses.ledger.redis_client import connect, redis_errors
    from glasses.ledger.workers import live_workers
    from worker.vision.pipeline import Pipeline

    configured = Pipeline.load(get_settings().model).model
    settings = load_settings(**stack)
    with redis_errors(settings), connect(settings) as redis:
        running = {worker.model for worker in live_workers(redis)}
    if running and configured not in running:
        raise UsageError(
            f"the local stack is already running with model {', '.join(sorted(running))}: to use "
            f"{configured}, stop it with `glasses down` and start it again"
        )


def _warn_of_overrides(stack: dict[str, str]) -> None:
    """Warn if the environment or the settings file overrides the stack's addresses."""
    from glasses.config.settings import load_settings, setting_sources
    from producer.console import log_status

    origin = setting_sources(load_settings())
    for source in dict.fromkeys(origin[name] for name in stack):
        if source != "local stack":
            names = [name for name in stack if origin[name] == source]
            listed = " and ".join(", ".join(names).rsplit(", ", 1))
            article = "the " if source == "environment" else ""
            log_status(
                f"warning: other commands take {listed} from {article}{source}, not from this stack"
            )


def down(
    purge: Annotated[
        bool, typer.Option("--purge", help="Also remove its photos, verdicts and logs.")
    ] = False,
) -> None:
    """Stop the local stack; data is kept for the next `up`, unless purged."""
    from glasses.config.stack_file import home
    from infra.local import stack
    from producer.console import log_status

    try:
        stopped = stack.down(home(), purge, log_status)
    except KeyboardInterrupt:
        log_status(
            "the local stack still shuts down" + ("; its data is not removed" if purge else "")
        )
        raise
    result = f"stopped: {', '.join(stopped)}" if stopped else "no local stack was running"
    typer.echo(result + ("; data removed" if purge else ""), err=True)


def ps(json_: JsonOption = False) -> None:
    """List the processes of the local stack."""
    from glasses.config.stack_file import home
    from infra.local.folder import disk_trouble
    from infra.local.ps import ps as list_processes
    from producer.console import log_status

    processes = list_processes(home())
    if processes and (problem := disk_trouble(home().resolve())):
        log_status(problem)
    if json_:
        typer.echo(json.dumps([dataclasses.asdict(process) for process in processes]))
        return
    if not processes:
        typer.echo("no local stack is running; `glasses up --detach` starts one", err=True)
        return
    typer.echo(f"{'NAME':<12}{'PID':>8}  {'STATE':<9}{'MEMORY':>8}{'UPTIME':>9}  ADDRESS")
    for process in processes:
        memory = "" if process.memory_mb is None else f"{process.memory_mb:.0f} MB"
        uptime = "" if process.uptime_seconds is None else f"{process.uptime_seconds:.0f} s"
        typer.echo(
            f"{process.name:<12}{process.pid:>8}  {process.state:<9}{memory:>8}{uptime:>9}  "
            f"{process.address}"
        )

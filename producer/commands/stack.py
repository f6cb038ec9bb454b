"""`glasses up`, `down` and `ps`: the local stack."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Annotated

import typer

from producer.counted import counted
from producer.options import JsonOption

if TYPE_CHECKING:
    from infra.local.stack import Up


def up(
    workers: Annotated[
        int | None, typer.Option(min=0, help="Worker processes; default: one a core.")
    ] = None,
    detach: Annotated[
        bool, typer.Option("--detach", help="Return once it works; `glasses down` ends it.")
    ] = False,
) -> None:
    """Start the local stack: a Valkey and an S3 server on loopback ports, and workers."""
    import os

    from glasses.settings import get_settings
    from glasses.stack_file import home
    from infra.local import stack

    wanted = workers if workers is not None else os.cpu_count() or 1
    if detach:
        found = stack.up(home(), wanted, get_settings())
        _say_up(found)
        if workers is not None and workers != found.stack.workers:
            then = counted(workers, "worker process")
            typer.echo(f"`glasses scale {workers}` makes it {then}.", err=True)
        elif not found.stack.workers:
            typer.echo("no worker runs: `glasses scale 2` starts two.", err=True)
        typer.echo("`glasses down` ends it.", err=True)
    else:
        stack.run_foreground(home(), wanted, get_settings(), _say_up)


def _say_up(up: Up) -> None:
    if up.already_running and up.stack.workers:
        _check_model(up.stack.settings)
    what = "runs already" if up.already_running else "is up"
    settings = up.stack.settings
    typer.echo(
        f"the local stack {what}: {counted(up.stack.workers, 'worker process')}, "
        f"object store at {settings['s3_endpoint']}",
        err=True,
    )
    _warn_of_others(settings)


def _check_model(stack: dict[str, str]) -> None:
    """Refuse another model than the one that runs: who asks for it would get the other's verdicts.

    Raises:
        UsageError: Names both.
    """
    from glasses.errors import UsageError
    from glasses.redis_client import connect, redis_errors
    from glasses.settings import get_settings, load_settings
    from glasses.workers import live_workers
    from worker.pipeline import Pipeline

    wanted = Pipeline.load(get_settings().model).model
    settings = load_settings(**stack)
    with redis_errors(settings), connect(settings) as redis:
        running = {worker.model for worker in live_workers(redis)}
    if running and wanted not in running:
        raise UsageError(
            f"the local stack runs already, with model {', '.join(sorted(running))}: for {wanted} "
            "end it first with `glasses down`, then start it again"
        )


def _warn_of_others(stack: dict[str, str]) -> None:
    """The environment and `glasses.toml` outrank the stack: who set them may not know."""
    from glasses.settings import ENV_PREFIX, load_settings, sources

    origin = sources(load_settings())
    for name in stack:
        if origin[name] != "local stack":
            typer.echo(
                f"warning: {ENV_PREFIX}{name.upper()} comes from the {origin[name]}, so the other "
                "commands use that and not this stack",
                err=True,
            )


def down(
    purge: Annotated[
        bool, typer.Option("--purge", help="Remove its photos, verdicts and logs too.")
    ] = False,
) -> None:
    """End the local stack; its data stay for the next `up`, unless purged."""
    from glasses.stack_file import home
    from infra.local import stack

    ended = stack.down(home(), purge)
    what = f"ended: {', '.join(ended)}" if ended else "no local stack was running"
    typer.echo(what + ("; data removed" if purge else ""), err=True)


def ps(json_: JsonOption = False) -> None:
    """List the processes of the local stack."""
    from glasses.stack_file import home
    from infra.local.ps import ps as find

    found = find(home())
    if json_:
        typer.echo(json.dumps([dataclasses.asdict(process) for process in found]))
        return
    if not found:
        typer.echo("no local stack runs; `glasses up --detach` starts one", err=True)
        return
    typer.echo(f"{'NAME':<12}{'PID':>8}  {'STATE':<9}{'MEMORY':>8}{'UPTIME':>9}  ADDRESS")
    for process in found:
        memory = "" if process.memory_mb is None else f"{process.memory_mb:.0f} MB"
        uptime = "" if process.uptime_seconds is None else f"{process.uptime_seconds:.0f} s"
        typer.echo(
            f"{process.name:<12}{process.pid:>8}  {process.state:<9}{memory:>8}{uptime:>9}  "
            f"{process.address}"
        )

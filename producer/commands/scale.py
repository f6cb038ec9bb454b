"""`glasses scale`: set the number of worker processes."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Annotated

import typer

from producer.pluralize import pluralize

if TYPE_CHECKING:
    from collections.abc import Sequence

    from glasses.config.settings import Settings
    from glasses.ledger.workers import WorkerInfo
    from glasses.protocol.statuses import Deployment


def command(
    processes: Annotated[
        int, typer.Argument(metavar="N", min=0, help="Number of worker processes.")
    ],
    apply: Annotated[
        bool, typer.Option("--apply", help="Outside the local stack: run the command.")
    ] = False,
) -> None:
    """Set the number of worker processes; no work in progress is lost.

    The local stack scales immediately. For other deployments, print the command that scales them,
    or run it with --apply.
    """
    from glasses.config.local_stack import is_local
    from glasses.config.settings import get_settings

    settings = get_settings()
    if is_local(settings) or (settings.redis_url is None and _is_starting()):
        _scale_local(processes)
        return
    _scale_deployment(settings, processes, apply)


def _is_starting() -> bool:
    """Return whether `glasses up` is still starting the local stack, which has no address yet."""
    from glasses.config.stack_file import home
    from glasses.errors import UsageError

    if not home().is_dir():
        return False
    try:
        from infra.local.state import is_starting
    except UsageError:  # the packages of the local stack are not installed
        return False
    return is_starting(home())


def _scale_local(processes: int) -> None:
    from glasses.config.stack_file import home
    from infra.local.scale import scale
    from producer.console import log_status

    target = pluralize(processes, "worker process")
    try:
        superseded_by = scale(home(), processes, log_status)
    except KeyboardInterrupt:
        log_status(f"the local stack continues scaling to {target}")
        raise
    if superseded_by:
        log_status(f"replaced by a later `{superseded_by}`")
    else:
        log_status(f"{target}; stopping processes finish their chunk first")


def _scale_deployment(settings: Settings, processes: int, apply: bool) -> None:
    from glasses.client import Client
    from glasses.config.deployments import replicas, scale_command
    from glasses.errors import UsageError
    from glasses.protocol.statuses import Deployment
    from producer.console import log_status

    workers: list[WorkerInfo] = []
    # With a known deployment, this also works without Redis.
    if settings.redis_url is not None or settings.deployment is None:
        with Client(settings, notify=log_status) as client:
            workers, _ = client.workers()
    per_worker = max((worker.processes for worker in workers), default=1)
    count = replicas(processes, per_worker)
    deployment = settings.deployment or _reported_by(workers)
    if deployment is None:
        if apply:
            raise UsageError(
                "the workers do not report their deployment: set GLASSES_DEPLOYMENT to one of "
                f"{', '.join(Deployment)}"
            )
        log_status(
            "the workers do not report their deployment (GLASSES_DEPLOYMENT); the commands are:"
        )
    processes_each = f"{pluralize(per_worker, 'process')} each"
    log_status(
        f"{pluralize(processes, 'process')}: {pluralize(count, 'worker')} with {processes_each}"
    )
    for kind in [deployment] if deployment else list(Deployment):
        command_line = scale_command(kind, count)
        line = shlex.join(command_line)
        typer.echo(line if deployment else f"{kind}: {line}")
        if kind is Deployment.KEDA:
            log_status(
                "(to resume KEDA autoscaling, run the same command with "
                "`autoscaling.keda.sh/paused-replicas-`)"
            )
    if apply:
        _run(command_line)


def _reported_by(workers: Sequence[WorkerInfo]) -> Deployment | None:
    reported = {worker.deployment for worker in workers}
    return reported.pop() if len(reported) == 1 else None


def _run(command_line: list[str]) -> None:
    import subprocess

    from glasses.errors import InfrastructureError, UsageError

    try:
        done = subprocess.run(command_line, check=False)
    except FileNotFoundError:
        raise UsageError(
            f"{command_line[0]} is not installed here: run the command on a machine that has it"
        ) from None
    if done.returncode:
        line = shlex.join(command_line)
        raise InfrastructureError(f"`{line}` failed with exit code {done.returncode}")

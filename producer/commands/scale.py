"""`glasses scale`: more or fewer workers."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Annotated

import typer

from producer.counted import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from glasses.settings import Settings
    from glasses.statuses import Deployment
    from glasses.workers import WorkerInfo


def command(
    processes: Annotated[int, typer.Argument(metavar="N", min=0, help="Worker processes in all.")],
    apply: Annotated[
        bool, typer.Option("--apply", help="Where it is not the local stack: run the command.")
    ] = False,
) -> None:
    """Have N worker processes in all; nothing that is under way is lost.

    The local stack grows and shrinks at once. Elsewhere this prints the command that does it, and
    runs it with --apply.
    """
    from glasses.local_stack import is_local
    from glasses.settings import get_settings
    from glasses.stack_file import home
    from producer.narration import say

    settings = get_settings()
    if is_local(settings):
        from infra.local.scale import scale

        scale(home(), processes)
        have = counted(processes, "worker process")
        say(f"{have}; those that leave finish their chunk first")
        return
    _elsewhere(settings, processes, apply)


def _elsewhere(settings: Settings, processes: int, apply: bool) -> None:
    from glasses.client import Client
    from glasses.deployments import replicas, scale_command
    from glasses.errors import UsageError
    from glasses.statuses import Deployment
    from producer.narration import say

    workers: list[WorkerInfo] = []
    if settings.redis_url is not None or settings.deployment is None:  # who deploys may have none
        with Client(settings, tell=say) as client:
            workers, _ = client.workers()
    each = max((worker.processes for worker in workers), default=1)
    count = replicas(processes, each)
    deployment = settings.deployment or _said_by(workers)
    if deployment is None:
        if apply:
            raise UsageError(
                "the workers do not say what runs them: set GLASSES_DEPLOYMENT to one of "
                f"{', '.join(Deployment)}"
            )
        say("the workers do not say what runs them (GLASSES_DEPLOYMENT); the commands are")
    say(f"{counted(processes, 'process')}: {counted(count, 'worker')} of {each}")
    for one in [deployment] if deployment else list(Deployment):
        line = scale_command(one, count)
        typer.echo(shlex.join(line) if deployment else f"{one}: {shlex.join(line)}")
        if one is Deployment.KEDA:
            say("(KEDA rules again after the same with `autoscaling.keda.sh/paused-replicas-`)")
    if apply:
        _run(line)


def _said_by(workers: Sequence[WorkerInfo]) -> Deployment | None:
    said = {worker.deployment for worker in workers}
    return said.pop() if len(said) == 1 else None


def _run(line: list[str]) -> None:
    import subprocess

    from glasses.errors import InfrastructureError, UsageError

    try:
        ended = subprocess.run(line, check=False)
    except FileNotFoundError:
        raise UsageError(f"{line[0]} is not installed here: run the command where it is") from None
    if ended.returncode:
        raise InfrastructureError(f"`{shlex.join(line)}` failed with {ended.returncode}")

"""`glasses doctor`: is everything there that a job needs?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from producer.options import JsonOption

if TYPE_CHECKING:
    from glasses.checkup import Finding

_MARKS = {"ok": "ok", "warning": "WARN", "failed": "FAIL", "skipped": "-"}


def command(
    json_: JsonOption = False,
    timeout: Annotated[
        float, typer.Option(min=0, help="Wait so many seconds for a worker to answer.")
    ] = 10,
) -> None:
    """Check Redis, the object store, clocks, workers, queue, jobs, disk, versions and the model.

    Each line that is not ok says what to do. Exit code 3: something that every job needs does not
    work; 1: something else fails; 0: all well, or warnings only.
    """
    from glasses.checkup import State
    from producer.machine import DoctorOutput, as_json
    from producer.rows import printable

    found = []
    for each in _findings(timeout):
        found.append(each)
        if not json_:
            typer.echo(f"{_MARKS[each.state]:<5} {each.name:<13} {printable(each.says)}")
            if each.todo:
                typer.echo(f"{'':<19} -> {printable(each.todo)}")
    failed = [each for each in found if each.state is State.FAILED]
    if json_:
        typer.echo(as_json(DoctorOutput(ok=not failed, checks=tuple(found))))
    raise typer.Exit(3 if any(each.serves for each in failed) else 1 if failed else 0)


def _findings(timeout: float) -> Iterator[Finding]:
    from glasses.checkup import run
    from glasses.settings import get_settings

    settings = get_settings()
    workers = ""
    for each in run(settings, timeout):
        if each.name == "workers":
            workers = each.says
        yield each
    yield _model(settings.model, workers)


def _model(model: str, workers: str) -> Finding:
    """The model that is installed here; workers elsewhere may have another one."""
    from glasses.checkup import Finding, State
    from glasses.errors import ModelError
    from producer.needs import can_decode

    if not can_decode():
        says = "the worker's packages are not installed here; submitting needs none"
        return Finding("model", State.OK, says)
    from worker.pipeline import Pipeline

    try:
        here = Pipeline.load(model).model
    except ModelError as error:
        return Finding("model", State.FAILED, str(error), "correct GLASSES_MODEL, or install again")
    if "model" in workers and here not in workers:
        says = f"{here} here, another one at the workers"
        todo = "`glasses classify` here gives other verdicts than a job: install one version"
        return Finding("model", State.WARNING, says, todo)
    return Finding("model", State.OK, here)

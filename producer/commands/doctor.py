"""`glasses doctor`: check everything that a job needs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from producer.options import JsonOption

if TYPE_CHECKING:
    from producer.doctor import Finding

_MARKS = {"ok": "ok", "warning": "WARN", "failed": "FAIL", "skipped": "-"}


def command(
    json_: JsonOption = False,
    timeout: Annotated[
        float, typer.Option(min=0, help="Seconds to wait for a worker to answer.")
    ] = 10,
) -> None:
    """Check Redis, the object store, clocks, workers, queue, jobs, disk, versions and the model.

    Each line that is not ok says what to do.
    """
    from glasses.errors import ExitCode
    from producer.doctor import CheckState
    from producer.json_output import DoctorOutput, as_json
    from producer.rows import printable

    findings = []
    for finding in _findings(timeout):
        findings.append(finding)
        if not json_:
            typer.echo(f"{_MARKS[finding.state]:<5} {finding.name:<13} {printable(finding.says)}")
            if finding.todo:
                typer.echo(f"{'':<19} -> {printable(finding.todo)}")
    failed = [finding for finding in findings if finding.state is CheckState.FAILED]
    if json_:
        typer.echo(as_json(DoctorOutput(ok=not failed, checks=tuple(findings))))
    if any(finding.serves for finding in failed):
        raise typer.Exit(ExitCode.SERVERS)
    raise typer.Exit(ExitCode.FAILED if failed else ExitCode.SUCCESS)


def _findings(timeout: float) -> Iterator[Finding]:
    from glasses.config.settings import get_settings
    from producer.doctor import run_checks

    settings = get_settings()
    workers = ""
    for finding in run_checks(settings, timeout):
        if finding.name == "workers":
            workers = finding.says
        yield finding
    yield _model(settings.model, workers)


def _model(model: str, workers: str) -> Finding:
    """Check that the model installed here loads, and is the one that the workers run."""
    from glasses.errors import ModelError
    from producer.doctor import CheckState, Finding
    from producer.extras import can_decode

    if not can_decode():
        says = "the worker packages are not installed here; submitting does not need them"
        return Finding("model", CheckState.OK, says)
    from worker.vision.pipeline import Pipeline

    try:
        here = Pipeline.load(model).model
    except ModelError as error:
        return Finding(
            "model", CheckState.FAILED, str(error), "correct GLASSES_MODEL, or reinstall"
        )
    if "model" in workers and here not in workers:
        says = f"{here} here, but the workers run another model"
        todo = (
            "install the same version everywhere, or `glasses classify` here may differ from jobs"
        )
        return Finding("model", CheckState.WARNING, says, todo)
    return Finding("model", CheckState.OK, here)

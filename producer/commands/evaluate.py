"""`glasses evaluate`: compare verdicts with known labels."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from producer.completion import complete_job
from producer.options import (
    Faces,
    JsonOption,
    LabelColumnOption,
    PathColumnOption,
    PositiveOption,
    ThresholdOption,
)

if TYPE_CHECKING:
    from producer.evaluation.run import EvaluationRequest


def command(
    labels: Annotated[
        Path,
        typer.Argument(
            metavar="LABELS",
            help="A folder with one folder per label, as glasses/ and no_glasses/, or with a "
            "labels.csv; or a CSV file with a column of photos and one of labels.",
        ),
    ],
    job: Annotated[
        str | None,
        typer.Option(
            metavar="JOB",
            help="Evaluate the verdicts of a job instead of classifying the photos here.",
            autocompletion=complete_job,
        ),
    ] = None,
    photos: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Folder that names in a CSV file are relative to.  [default: the file's]",
        ),
    ] = None,
    path_column: PathColumnOption = None,
    label_column: LabelColumnOption = None,
    positive: PositiveOption = None,
    corrections: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Corrections of the labels, as the report exports them."),
    ] = None,
    group: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN", help="Also give the figures per value of a column; repeatable."
        ),
    ] = None,
    threshold: ThresholdOption = None,
    model: Annotated[str | None, typer.Option(help="Name or folder of a released model.")] = None,
    faces: Annotated[
        Faces | None, typer.Option(help="Which faces of a photo decide.  [default: any]")
    ] = None,
    cost_false_positive: Annotated[
        float | None,
        typer.Option(min=0, metavar="COST", help="Find the threshold of the lowest total cost."),
    ] = None,
    cost_false_negative: Annotated[
        float | None,
        typer.Option(min=0, metavar="COST", help="The same; a cost that is not passed is 1."),
    ] = None,
    min_precision: Annotated[
        float | None,
        typer.Option(
            min=0, max=1, help="Find the threshold with this precision and the highest recall."
        ),
    ] = None,
    min_recall: Annotated[
        float | None,
        typer.Option(
            min=0, max=1, help="Find the threshold with this recall and the highest precision."
        ),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Also write an HTML page with the figures and every mistake."
        ),
    ] = None,
    processes: Annotated[
        int | None,
        typer.Option(min=1, help="Number of parallel processes.  [default: one per core]"),
    ] = None,
    json_: JsonOption = False,
) -> None:
    """Compare verdicts with known labels: precision, recall, F1, curves, calibration, mistakes.

    Photos are classified on this machine, without servers, unless --job is passed. A photo counts
    as glasses if its verdict is glasses: a photo without a face, or that failed, does not. All
    ratios have 95 % intervals.
    """
    from glasses.sources.label_table import LabelFormat
    from producer.extras import worker_extra

    with worker_extra("evaluate"):
        from glasses.evaluation.evaluate import Goals
        from producer.evaluation.run import EvaluationRequest
    costs = None
    if cost_false_positive is not None or cost_false_negative is not None:
        costs = (
            1.0 if cost_false_positive is None else cost_false_positive,
            1.0 if cost_false_negative is None else cost_false_negative,
        )
    _run(
        EvaluationRequest(
            labels=labels,
            format=LabelFormat(path_column, label_column, positive),
            job=job,
            photos=photos,
            corrections=corrections,
            groups=tuple(group or ()),
            threshold=threshold,
            model=model,
            faces=None if faces is None else str(faces),
            goals=Goals(costs, min_precision, min_recall),
            report=report,
            processes=processes,
        ),
        json_,
    )


def _run(request: EvaluationRequest, json_: bool) -> None:
    from glasses.errors import ExitCode
    from glasses.protocol.statuses import JobState
    from producer.evaluation import text
    from producer.evaluation.run import run
    from producer.json_output import as_json

    output = run(request)
    if json_:
        typer.echo(as_json(output))
    else:
        typer.echo("\n".join(text.lines(output)))
    failed = sum(row.failed for row in output.matrix)
    if output.job_state not in {None, JobState.DONE}:
        raise typer.Exit(ExitCode.NO_VERDICT)
    is_whole = not (failed or output.missing or output.contradictory)
    raise typer.Exit(ExitCode.SUCCESS if is_whole else ExitCode.FAILED)

"""`glasses correct`: keep what a person put right, and ask how the model fares with it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from producer.completion import complete_job
from producer.counted import counted
from producer.options import JsonOption

if TYPE_CHECKING:
    from glasses.agreement import Agreement
    from glasses.labels import Label
    from producer.corrected import Corrected
    from worker.pipeline import Pipeline

BATCH = 32
"""Photos whose faces are classified together."""


def command(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="corrections.csv, as a report exports it.")
    ],
    into: Annotated[
        Path, typer.Option(metavar="DIR", help="Where labels.csv and the photos are kept.")
    ] = Path("corrections"),
    job: Annotated[
        str | None,
        typer.Option(
            metavar="JOB",
            help="The job (id, its beginning, or name), if FILE does not say.",
            autocompletion=complete_job,
        ),
    ] = None,
    photos: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="The names in FILE are relative to this; no servers.",
        ),
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="The model to ask now: its name or its folder.")
    ] = None,
    evaluate: Annotated[
        bool, typer.Option("--evaluate/--no-evaluate", help="Ask the model about all labels.")
    ] = True,
    json_: JsonOption = False,
) -> None:
    """Keep corrections as labelled photos, and compare the model's verdicts with all of them.

    FILE has the columns name and correction: 1 wears glasses, 0 does not, drop cannot be told. DIR
    is a data set for `glasses-train`: put it beside others in the folder given as --data.
    """
    from glasses import corrections
    from glasses.labels import LabelFolder
    from glasses.settings import load_settings
    from producer.folders import check_folder
    from producer.narration import say_some
    from producer.rows import printable

    check_folder("--photos", photos)
    found = corrections.read(file)
    labels = LabelFolder(into)
    pipeline = _pipeline(load_settings(model=model).model) if evaluate else None
    lost = []
    for each in _photos(found, job, photos):
        if each.data is None:
            lost.append(each.correction.name)
        elif each.correction.label is None:
            labels.drop(each.data)
        else:
            labels.keep(
                each.data,
                each.correction.label,
                each.before,
                each.model,
                printable(each.correction.name),
            )
    labels.save()
    say_some(f"left out: {each} is no photo, or not to be found any more" for each in lost)
    facts: dict[str, Any] = {
        "corrections": len(found),
        "dropped": sum(each.label is None for each in found),
        "lost": lost,
        "labels": len(labels),
        "folder": str(into),
    }
    if pipeline:
        facts |= _compare(pipeline, list(labels))
    if json_:
        typer.echo(json.dumps(facts))
    else:
        _print(facts)
    raise typer.Exit(1 if lost else 0)


def _photos(found: list[Any], job: str | None, photos: Path | None) -> Iterator[Corrected]:
    from glasses.client import Client
    from producer.corrected import from_folder, from_jobs
    from producer.narration import say

    if photos is not None:
        yield from from_folder(found, photos)
        return
    with Client(tell=say) as client:
        yield from from_jobs(found, client, job)


def _pipeline(model: str) -> Pipeline:
    from producer.needs import workers_packages

    with workers_packages("correct"):
        from worker.pipeline import Pipeline
    return Pipeline.load(model)


def _compare(pipeline: Pipeline, labels: list[Label]) -> dict[str, Any]:
    from glasses.agreement import Agreement

    now = list(_verdicts(pipeline, labels))
    judged = [(label.before, label.has_glasses) for label in labels]
    return {
        "model": pipeline.model,
        "threshold": pipeline.threshold,
        "before": _facts(Agreement.of((b, truth) for b, truth in judged if b is not None)),
        "now": _facts(
            Agreement.of((v, label.has_glasses) for v, label in zip(now, labels, strict=True))
        ),
    }


def _verdicts(pipeline: Pipeline, labels: Iterable[Label]) -> Iterator[bool]:
    from glasses.outcome import Outcome
    from glasses.regular import read_regular
    from glasses.statuses import FailureReason
    from glasses.verdict import FaceChoice, decisive_probability

    remaining = iter(labels)
    while batch := list(islice(remaining, BATCH)):
        found: list[Any] = []
        for label in batch:
            try:
                found.append(pipeline.find(read_regular(label.path)))
            except OSError:
                found.append(Outcome.failed(FailureReason.UNREADABLE))
        for outcome in pipeline.classify(found):
            probability = decisive_probability(outcome, FaceChoice.ANY)
            yield probability is not None and probability >= pipeline.threshold


def _facts(agreement: Agreement) -> dict[str, Any]:
    return dataclasses.asdict(agreement) | {
        "photos": agreement.photos,
        "right": agreement.right,
        "precision": agreement.precision,
        "recall": agreement.recall,
    }


def _print(facts: dict[str, Any]) -> None:
    typer.echo(
        f"{counted(facts['corrections'], 'correction')}, {facts['dropped']} of them dropped; "
        f"{counted(facts['labels'], 'labelled photo')} in {facts['folder']}"
    )
    if "now" not in facts:
        return
    typer.echo(f"model {facts['model']}, threshold {facts['threshold']}")
    typer.echo(f"{'':<22}{'when corrected':>16}{'now':>10}")
    columns = [_column(facts[when]) for when in ("before", "now")]
    for name in columns[0]:
        typer.echo(f"{name:<22}{columns[0][name]:>16}{columns[1][name]:>10}")
    typer.echo("These photos were chosen for being wrong: the figures are of them alone.")


def _column(facts: dict[str, Any]) -> dict[str, str]:
    return {
        "right": f"{facts['right']} of {facts['photos']}" if facts["photos"] else "-",
        "precision": _share(facts["precision"]),
        "recall": _share(facts["recall"]),
        "missed glasses": str(facts["misses"]),
        "false alarms": str(facts["false_alarms"]),
    }


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"

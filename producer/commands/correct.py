"""`glasses correct`: save corrections as labels and evaluate the model on them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from glasses.errors import ExitCode
from producer.completion import complete_job
from producer.options import (
    JsonOption,
    LabelColumnOption,
    PathColumnOption,
    PositiveOption,
)
from producer.pluralize import pluralize

if TYPE_CHECKING:
    from glasses.in_process import InProcess
    from glasses.sources.label_set import LabelSet
    from producer.feedback.correction_set import CorrectedPhoto
    from producer.feedback.labels import LabelFolder


def command(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="The corrections.csv that a report exported, or any labels that `glasses "
            "evaluate` takes.",
        ),
    ],
    into: Annotated[
        Path, typer.Option(metavar="DIR", help="Folder for labels.csv and the photos.")
    ] = Path("corrections"),
    job: Annotated[
        str | None,
        typer.Option(
            metavar="JOB",
            help="Job id, name or id prefix, if FILE does not name the job.",
            autocompletion=complete_job,
        ),
    ] = None,
    photos: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Read the photos from this folder, which names in FILE are relative to.",
        ),
    ] = None,
    path_column: PathColumnOption = None,
    label_column: LabelColumnOption = None,
    positive: PositiveOption = None,
    model: Annotated[
        str | None, typer.Option(help="Name or folder of the model to evaluate.")
    ] = None,
    evaluate: Annotated[
        bool, typer.Option("--evaluate/--no-evaluate", help="Evaluate the model on all labels.")
    ] = True,
    json_: JsonOption = False,
) -> None:
    """Save corrections as labelled photos, and compare the model's verdicts with all labels.

    FILE has the columns name and correction: 1 (glasses), 0 (no glasses) or drop (cannot tell). DIR
    is a data set for `glasses-train`: move it into the folder passed as --data.
    """
    from glasses.config.cores import cores
    from glasses.config.extras import require_worker_extra
    from glasses.config.settings import load_settings
    from glasses.in_process import InProcess
    from glasses.sources.label_set import read_label_set
    from glasses.sources.label_table import LabelFormat
    from producer.console import log_some, log_status
    from producer.feedback.labels import LabelFolder
    from producer.folders import check_folder

    check_folder("--photos", photos)
    settings = load_settings(model=model)
    format_ = LabelFormat(path_column, label_column, positive)
    corrections = read_label_set(file, format_, settings, photos, notify=log_status)
    if photos is None and file.is_dir():
        photos = corrections.folder
    labels = LabelFolder(into)
    max_bytes = settings.max_file_mb << 20
    if evaluate:
        require_worker_extra("glasses correct")
    pipeline = InProcess(model, processes=cores()) if evaluate else None
    lost = _save(labels, _photos(corrections, job, photos, max_bytes))
    log_some(f"skipped {name}: missing, unreadable, or not a photo" for name in lost)
    facts: dict[str, Any] = {
        "corrections": len(corrections.rows),
        "dropped": len(corrections.rows) - len(corrections.labelled),
        "lost": lost,
        "labels": len(labels),
        "folder": str(into),
    }
    if pipeline:
        facts |= _evaluate(labels, into, pipeline)
    if json_:
        typer.echo(json.dumps(facts))
    else:
        _print(facts)
    raise typer.Exit(ExitCode.FAILED if lost else ExitCode.SUCCESS)


def _photos(
    corrections: LabelSet, job: str | None, photos: Path | None, max_bytes: int
) -> Iterator[CorrectedPhoto]:
    from glasses.client import Client
    from producer.console import log_status
    from producer.feedback.correction_set import photos_from_folder, photos_from_jobs

    if photos is not None:
        yield from photos_from_folder(corrections.rows, photos, max_bytes)
        return
    with Client(notify=log_status) as client:
        yield from photos_from_jobs(corrections.rows, client, job)


def _save(labels: LabelFolder, photos: Iterator[CorrectedPhoto]) -> list[str]:
    """Save corrected photos, and return the names of those that were not found."""
    from producer.rows import printable

    lost = []
    for photo in photos:
        if photo.data is None:
            lost.append(photo.correction.name)
        elif photo.correction.label is None:
            labels.drop(photo.data)
        else:
            labels.keep(
                photo.data,
                photo.correction.label,
                photo.before,
                photo.model,
                printable(photo.correction.name),
            )
    labels.save()
    return lost


def _evaluate(labels: LabelFolder, folder: Path, pipeline: InProcess) -> dict[str, Any]:
    """Return the figures of all labels, and of those whose corrected verdict is known.

    Both verdicts of the second kind are compared on the same photos.
    """
    from glasses.evaluation.confusion import Confusion
    from glasses.evaluation.evaluate import figures_of
    from glasses.sources.label_set import LabelSet
    from glasses.sources.label_table import LabelRow
    from producer.evaluation.labelled_photos import classify, find_files

    before = {label.path: label.before for label in labels}
    rows = [LabelRow(label.path, label.has_glasses) for label in labels]
    files, _ = find_files(LabelSet(folder, folder, rows, 0))
    found = classify(files, pipeline).photos
    verdicts = [(photo.result.verdict.glasses, photo.label) for photo in found]
    known = [(before[p.row.name], p.label, p.result.verdict.glasses) for p in found]
    pairs = {
        "when_corrected": [(then, label) for then, label, _ in known if then is not None],
        "now": [(now, label) for then, label, now in known if then is not None],
        "all_labels": verdicts,
    }
    return {
        "model": pipeline.rule.model,
        "threshold": pipeline.rule.threshold,
        **{
            name: figures_of(Confusion.of(each)).model_dump(mode="json") if each else None
            for name, each in pairs.items()
        },
    }


def _print(facts: dict[str, Any]) -> None:
    typer.echo(
        f"{pluralize(facts['corrections'], 'correction')}, {facts['dropped']} of them dropped; "
        f"{pluralize(facts['labels'], 'labelled photo')} in {facts['folder']}"
    )
    if not facts.get("all_labels"):
        return
    from glasses.evaluation.figures import Figures
    from producer.evaluation.text import columns

    titles = {"when_corrected": "when corrected", "now": "now", "all_labels": "now, all labels"}
    if facts["now"] and facts["now"]["photos"] == facts["all_labels"]["photos"]:
        del titles["all_labels"]
    typer.echo(f"model {facts['model']}, threshold {facts['threshold']}")
    named = {t: Figures.model_validate(facts[n]) for n, t in titles.items() if facts[n]}
    typer.echo("\n".join(columns(named)))
    typer.echo(
        "These photos were selected for wrong verdicts; the figures say nothing about other photos."
    )

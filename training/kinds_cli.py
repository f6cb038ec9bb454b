"""`glasses-train kinds`: the second output, which tells eyeglasses from sunglasses."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from training.classifier.recipe import MOBILENET_V2, OURS
from training.options import (
    FIRST_SEED,
    MODELS,
    NAME,
    PEOPLE,
    RUNS,
    Backbone,
    Corrections,
    Data,
    Force,
    Models,
    Name,
    Preset,
    Processes,
    Runs,
    Seed,
    Split,
    workspace,
)

MoreData = Annotated[
    list[Path] | None,
    typer.Option(
        metavar="DIR",
        help="A further folder of datasets, which is divided by itself: it moves no photo of "
        "--data to another part. Repeatable.",
    ),
]
BaseModel = Annotated[
    str | None,
    typer.Option("--model", help="A released model to add the output to, and release as --name."),
]
LeaveOneOut = Annotated[
    bool, typer.Option("--leave-one-out", help="Also train without each dataset in turn.")
]


def kinds(
    data: Data,
    more_data: MoreData = None,
    model: BaseModel = None,
    runs: Runs = RUNS,
    processes: Processes = 2,
    name: Name = NAME,
    models: Models = MODELS,
    split: Split = PEOPLE,
    backbone: Backbone = MOBILENET_V2,
    preset: Preset = OURS,
    corrections: Corrections = None,
    seed: Seed = FIRST_SEED,
    leave_one_out: LeaveOneOut = False,
    force: Force = False,
) -> None:
    """Train the second output, which tells eyeglasses from sunglasses, on a finished network.

    Labels of kinds are folders eyeglasses/ and sunglasses/, a column kind in labels.csv, or a
    kinds.csv beside the datasets. Without --model, it is added to the run that `evaluate`
    evaluated, and `release` releases both.
    """
    from training.classifier.kinds.release import KindsResult, release_again
    from training.classifier.stages import kinds
    from training.common.crops import make_crops
    from training.common.release import check_target
    from training.common.workspace import Workspace

    work = workspace(data, runs, split, backbone, preset, corrections, seed)
    works = [work, *(Workspace(each, runs) for each in more_data or ())]
    if model is None:
        base = kinds.Base.of_run(work)
    else:
        check_target(models, name, force)
        base = kinds.Base.of_release(model, runs)
    for each in works:
        make_crops(each.datasets, each.crops, processes)
    kinds.run(works, base, leave_one_out)
    result = KindsResult.read(base.folder, base.path)
    if model is not None and result is not None:
        release_again(model, result, name, models, force)

"""Stage `fit`: train the classifier on stored crops."""

from __future__ import annotations

import statistics
from pathlib import Path

from training.classifier.crop_scores import test_f1
from training.classifier.fit import fit
from training.classifier.model.backbones import trained_network
from training.classifier.model.initial import initial_weights
from training.classifier.recipe import ClassifierRecipe
from training.common import splits
from training.common.atomic_file import write_json
from training.common.checkpoint import load
from training.common.crops import crops_key
from training.common.datasets.label_check import check_parts
from training.common.distributed import leads
from training.common.progress import log
from training.common.run_files import RESULT
from training.common.workspace import Workspace


def run(work: Workspace, init: str | None, recipe: ClassifierRecipe, restart: bool = False) -> None:
    """Train, or continue after the last finished epoch.

    Args:
        work: The crops, and the folder of the run.
        init: See `training.classifier.model.initial.initial_weights`.
        recipe: The hyperparameters.
        restart: Whether to replace an earlier run.

    Raises:
        UsageError: There are no such weights, or the photos are not enough to train on.
    """
    start = initial_weights(init, recipe.backbone, work.datasets)
    check_parts(work.samples, work.part_of)
    if leads():
        log(
            "photos with/without glasses:\n"
            + splits.text(splits.table(work.samples, work.division))
        )
    train, validation = work.stored_crops(splits.TRAIN, splits.VALIDATION)
    origin = [crops_key(dataset) for dataset in work.datasets]
    checkpoint = fit(train, validation, start, recipe, work.fit, origin, restart)
    if leads():
        _write_result(work, checkpoint, recipe, len(train.rows))


def _write_result(work: Workspace, checkpoint: Path, recipe: ClassifierRecipe, crops: int) -> None:
    """Write figures of the finished run, which a sweep collects."""
    history = load(checkpoint)["history"]
    validation, test = work.stored_crops(splits.VALIDATION, splits.TEST)
    seconds = [epoch["seconds"] for epoch in history]
    result = {
        "split": work.split,
        "backbone": recipe.backbone,
        "seed": recipe.seed,
        "epochs": recipe.epochs,
        "crops": crops,
        "validation_f1": history[-1]["validation_f1"],
        "test_f1": test_f1(trained_network(checkpoint), validation, test) if test.rows else None,
        "images_per_second": round(crops / statistics.median(seconds), 1),
    }
    write_json(work.fit / RESULT, result)

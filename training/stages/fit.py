"""Stored crops -> checkpoint."""

from __future__ import annotations

from pathlib import Path

from glasses.errors import UsageError
from training import splits
from training.crops import crops_key
from training.fit import fit
from training.progress import say
from training.recipe import Recipe
from training.workspace import Workspace


def run(work: Workspace, init: Path, recipe: Recipe) -> None:
    """Train, or go on training.

    Raises:
        UsageError: There are no ImageNet weights at `init`.
    """
    if not init.is_file():
        raise UsageError(f"no ImageNet weights {init}: give the .npz file with --init")
    for dataset, part, positives, negatives in splits.table(work.samples, work.part_of):
        say(f"{dataset:20} {part:12} {positives:6} with {negatives:6} without")
    train, validation = work.stored_crops(splits.TRAIN, splits.VALIDATION)
    origin = [crops_key(dataset) for dataset in work.datasets]
    fit(train, validation, init, recipe, work.fit, origin)

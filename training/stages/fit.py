"""Stored crops -> checkpoint."""

from __future__ import annotations

from pathlib import Path

from glasses.errors import UsageError
from training import splits
from training.crops import crops_key
from training.devices import leads
from training.fit import fit
from training.progress import say
from training.recipe import Recipe
from training.workspace import Workspace


def run(work: Workspace, init: Path | None, recipe: Recipe) -> None:
    """Train, or go on training.

    Args:
        work: Where the crops are, and where the run goes.
        init: Weights to start from; None: random ones, to compare with, not to release.
        recipe: The knobs.

    Raises:
        UsageError: There are no weights at `init`.
    """
    if init is not None and not init.is_file():
        raise UsageError(f"no weights {init}: give ImageNet weights (.npz or .pth) with --init")
    if leads():
        say(
            "photos with/without glasses:\n"
            + splits.text(splits.table(work.samples, work.division))
        )
    train, validation = work.stored_crops(splits.TRAIN, splits.VALIDATION)
    origin = [crops_key(dataset) for dataset in work.datasets]
    fit(train, validation, init, recipe, work.fit, origin)

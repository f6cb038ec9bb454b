"""Checkpoints and the crops that they have not seen -> suspects, contact sheets."""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from glasses.errors import UsageError
from training import audit, splits
from training.checkpoint import averaged
from training.cropset import CropSet
from training.fit import CHECKPOINT, logits_of
from training.geometry import centre_of
from training.progress import say
from training.workspace import Workspace
from worker import model_store
from worker.classify import OnnxClassifier

SUSPECTS = "suspects.csv"


def run(work: Workspace, model: str | None = None) -> None:
    """Ask every finished run about the photos that it was not trained on.

    Args:
        work: The crops, and where the suspects go.
        model: A released model to ask about all photos instead, those that it learned from as
            well: what it refuses to learn is doubtful, too.

    Raises:
        UsageError: No run is finished.
        ModelError: There is no such model.
    """
    (every,) = work.stored_crops(None)
    if model is None:
        logits = _by_unseeing(work, every)
        found, asked = audit.suspects(every.rows, logits), int((~np.isnan(logits)).sum())
    else:
        values = OnnxClassifier(model_store.load(model))(list(centre_of(every.pixels)))
        found, asked = audit.contradicted(every.rows, values), len(values)
    folder = work.runs / "audit"
    folder.mkdir(parents=True, exist_ok=True)
    audit.write(found, _judged(folder / SUSPECTS), folder / SUSPECTS)
    pages = audit.sheets(found, every.pixels, folder)
    say(
        f"audit: {len(found)} doubtful labels of {asked} "
        f"({len(every.rows)} crops in all), {len(pages)} contact sheets in {folder}. Put 1, 0 or "
        f"drop into the column correction of {folder / SUSPECTS}, then give it to later stages "
        "with --corrections"
    )


def _by_unseeing(work: Workspace, every: CropSet) -> npt.NDArray[np.float64]:
    """Mean logits of the runs that have not seen a crop; NaN where there is none."""
    total = np.zeros(len(every.rows))
    count = np.zeros(len(every.rows), dtype=np.int64)
    for other in _runs(work):
        part_of = other.part_of
        unseen = np.array([part_of[row.name] != splits.TRAIN for row in every.rows])
        chosen = np.flatnonzero(unseen)
        some = dataclasses.replace(
            every, rows=[every.rows[i] for i in chosen], pixels=every.pixels[chosen]
        )
        say(f"audit: {len(chosen)} crops that {other.run} has not seen")
        total[chosen] += logits_of(averaged(other.fit / CHECKPOINT), some)
        count[chosen] += 1
    if not count.any():
        raise UsageError("no finished run: run `glasses-train fit` or `leave-one-out` first")
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _runs(work: Workspace) -> Iterator[Workspace]:
    """Every finished run of this network and recipe: usual split, rotations, one left out."""
    names = [dataset.name for dataset in work.datasets]
    ways = [splits.PEOPLE, *(f"{splits.ROTATE}{k}" for k in range(1, splits.FOLDS))]
    for way in [*ways, *(f"{splits.LEAVE_OUT}{name}" for name in names)]:
        other = dataclasses.replace(work, split=way)
        if (other.fit / CHECKPOINT).is_file():
            yield other


def _judged(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    with path.open(newline="") as file:
        return {r["name"]: r["correction"] for r in csv.DictReader(file) if r["correction"]}

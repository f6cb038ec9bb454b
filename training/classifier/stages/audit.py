"""Stage `audit`: find doubtful labels with networks that have not seen the photos."""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from glasses.errors import UsageError
from training.classifier import label_audit
from training.classifier.crop_scores import logits_of
from training.classifier.model.backbones import trained_network
from training.common import splits
from training.common.crop_set import CropSet
from training.common.geometry import centre_of
from training.common.progress import log
from training.common.workspace import Workspace
from worker.vision import model_store
from worker.vision.classify import OnnxClassifier

SUSPECTS = "suspects.csv"


def run(work: Workspace, model: str | None = None) -> None:
    """Score all photos with the finished runs that were not trained on them.

    Args:
        work: The crops; suspects are written to `audit/` in its runs folder.
        model: A released model that scores all photos instead, also those that it was trained on:
            a label that it did not learn is doubtful, too.

    Raises:
        UsageError: There is no finished run.
        ModelError: There is no such model.
    """
    (crops,) = work.stored_crops(None)
    if model is None:
        logits = _out_of_fold_logits(work, crops)
        found, asked = label_audit.suspects(crops.rows, logits), int((~np.isnan(logits)).sum())
    else:
        found_by = OnnxClassifier(model_store.load(model))
        values = [each.glasses for each in found_by(list(centre_of(crops.pixels)))]
        found, asked = label_audit.contradicted(crops.rows, values), len(values)
    folder = work.runs / "audit"
    folder.mkdir(parents=True, exist_ok=True)
    label_audit.write(found, _read_corrections(folder / SUSPECTS), folder / SUSPECTS)
    pages = label_audit.sheets(found, crops.pixels, folder)
    log(
        f"audit: {len(found)} doubtful labels of {asked} "
        f"({len(crops.rows)} crops in all), {len(pages)} contact sheets in {folder}. Write 1, 0 "
        f"or drop into the column correction of {folder / SUSPECTS}, then pass it to later stages "
        "with --corrections"
    )


def _out_of_fold_logits(work: Workspace, crops: CropSet) -> npt.NDArray[np.float64]:
    """Return mean logits of the runs that were not trained on a crop; NaN where there is none."""
    total = np.zeros(len(crops.rows))
    count = np.zeros(len(crops.rows), dtype=np.int64)
    for other in _runs(work):
        part_of = other.part_of
        unseen = np.array([part_of[row.name] != splits.TRAIN for row in crops.rows])
        chosen = np.flatnonzero(unseen)
        pixels = torch.from_numpy(crops.pixels[chosen])
        log(f"audit: {len(chosen)} crops that {other.run} was not trained on")
        total[chosen] += logits_of(trained_network(other.checkpoint), pixels)
        count[chosen] += 1
    if not count.any():
        raise UsageError("no finished run: run `glasses-train fit` or `leave-one-out` first")
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _runs(work: Workspace) -> Iterator[Workspace]:
    """Yield the finished runs of this network and recipe: default split, rotations, left out."""
    names = [dataset.name for dataset in work.datasets]
    chosen = [splits.PEOPLE, *(f"{splits.ROTATE}{k}" for k in range(1, splits.FOLDS))]
    for split in [*chosen, *(f"{splits.LEAVE_OUT}{name}" for name in names)]:
        other = dataclasses.replace(work, split=split)
        if other.checkpoint.is_file():
            yield other


def _read_corrections(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    with path.open(newline="") as file:
        return {r["name"]: r["correction"] for r in csv.DictReader(file) if r["correction"]}

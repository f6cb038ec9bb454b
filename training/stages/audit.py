"""Checkpoints and the crops that they have not seen -> suspects, contact sheets."""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from glasses.errors import UsageError
from training import audit, splits
from training.checkpoint import averaged
from training.fit import CHECKPOINT, logits_of
from training.progress import say
from training.workspace import Workspace

SUSPECTS = "suspects.csv"


def run(work: Workspace) -> None:
    """Ask every finished run about the photos that it was not trained on.

    Raises:
        UsageError: No run is finished.
    """
    (every,) = work.stored_crops(None)
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
    logits = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    found = audit.suspects(every.rows, logits)
    folder = work.runs / "audit"
    folder.mkdir(parents=True, exist_ok=True)
    audit.write(found, _judged(folder / SUSPECTS), folder / SUSPECTS)
    pages = audit.sheets(found, every.pixels, folder)
    say(
        f"audit: {len(found)} doubtful labels of {int((count > 0).sum())} ({len(every.rows)} "
        f"crops in all), {len(pages)} contact sheets in {folder}. Put 1, 0 or drop into the "
        f"column correction of {folder / SUSPECTS}, then give it to later stages with "
        "--corrections"
    )


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

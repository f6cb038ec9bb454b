"""The crops of one dataset on disk: `NAME.npy` (pixels) beside `NAME.csv` (what they show)."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from training.sample import Sample

FIELDS = ("name", "has_glasses", "identity", "dataset", "found", "score")


@dataclass(frozen=True, slots=True)
class Row:
    """One crop.

    Attributes:
        name: The photo, as in `Sample`.
        has_glasses: The label.
        identity: As in `Sample`.
        dataset: The dataset's name.
        found: The detector found the face; False where the box was guessed from the others'.
        score: The detector's confidence; 0 where guessed.
    """

    name: str
    has_glasses: bool
    identity: str | None
    dataset: str
    found: bool
    score: float


def row_of(sample: Sample, found: bool, score: float) -> Row:
    """A sample's row."""
    return Row(
        sample.name, sample.has_glasses, sample.identity, sample.dataset, found, round(score, 4)
    )


def write_index(path: Path, rows: Sequence[Row]) -> None:
    """Write the rows, one for each crop, in the order of the pixels."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(FIELDS)
        for row in rows:
            writer.writerow(
                (
                    row.name,
                    int(row.has_glasses),
                    row.identity or "",
                    row.dataset,
                    int(row.found),
                    row.score,
                )
            )


def read_index(path: Path) -> list[Row]:
    """Read what `write_index` wrote."""
    with path.open(newline="") as file:
        return [
            Row(
                row["name"],
                row["has_glasses"] == "1",
                row["identity"] or None,
                row["dataset"],
                row["found"] == "1",
                float(row["score"]),
            )
            for row in csv.DictReader(file)
        ]


@dataclass(frozen=True, slots=True)
class CropSet:
    """The crops of all datasets.

    Attributes:
        rows: One a crop.
        pixels: N × S × S × 3, uint8, RGB, in memory; `rows[i]` is about `pixels[i]`.
    """

    rows: list[Row]
    pixels: npt.NDArray[np.uint8]


def read(folder: Path, names: Sequence[str]) -> CropSet:
    """Read the crops of some datasets into memory."""
    rows = [row for name in names for row in read_index(folder / f"{name}.csv")]
    pixels = np.concatenate([np.load(folder / f"{name}.npy") for name in names])
    return CropSet(rows, pixels)


def select(crops: CropSet, part_of: dict[str, str], part: str | None) -> CropSet:
    """The crops whose photos are in one part of a split (None: in any); the others are dropped."""
    parts = [part_of.get(row.name) for row in crops.rows]
    chosen = [i for i, p in enumerate(parts) if (p is not None if part is None else p == part)]
    if len(chosen) == len(parts):
        return crops  # gigabytes: not to be copied for nothing
    return CropSet([crops.rows[i] for i in chosen], crops.pixels[chosen])

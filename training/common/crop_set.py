"""Stored crops: `NAME.npy` (pixels) and `NAME.csv` (one row per crop) for each dataset."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from training.common.sample import Sample

FIELDS = ("name", "has_glasses", "identity", "dataset", "found", "score")


@dataclass(frozen=True, slots=True)
class CropRow:
    """One crop.

    Attributes:
        name: The photo, as in `Sample`.
        has_glasses: The label.
        identity: As in `Sample`.
        dataset: The dataset's name.
        found: Whether the detector found the face; otherwise its box is the median of the others'.
        score: The detector's confidence; 0 if it did not find the face.
    """

    name: str
    has_glasses: bool
    identity: str | None
    dataset: str
    found: bool
    score: float


def row_of(sample: Sample, found: bool, score: float) -> CropRow:
    """Return the row of a sample's crop."""
    return CropRow(
        sample.name, sample.has_glasses, sample.identity, sample.dataset, found, round(score, 4)
    )


def write_index(path: Path, rows: Sequence[CropRow]) -> None:
    """Write one row per crop, in the order of the pixels."""
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


def read_index(path: Path) -> list[CropRow]:
    """Return the rows that `write_index` wrote."""
    with path.open(newline="") as file:
        return [
            CropRow(
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
    """Crops in memory.

    Attributes:
        rows: One per crop.
        pixels: N × S × S × 3, uint8, RGB; `rows[i]` describes `pixels[i]`.
    """

    rows: list[CropRow]
    pixels: npt.NDArray[np.uint8]


def read(folder: Path, names: Sequence[str]) -> CropSet:
    """Return the stored crops of some datasets."""
    rows = [row for name in names for row in read_index(folder / f"{name}.csv")]
    pixels = np.concatenate([np.load(folder / f"{name}.npy") for name in names])
    return CropSet(rows, pixels)


def select(crops: CropSet, part_of: dict[str, str], part: str | None) -> CropSet:
    """Return the crops whose photos are in one part of a split; None stands for any part."""
    parts = [part_of.get(row.name) for row in crops.rows]
    chosen = [i for i, p in enumerate(parts) if (p is not None if part is None else p == part)]
    if len(chosen) == len(parts):
        return crops  # avoids a copy of gigabytes
    return CropSet([crops.rows[i] for i in chosen], crops.pixels[chosen])

"""Synthetic crops: a bright bar at the eyes with glasses, none without."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from training.common import crop_set
from training.common.crop_set import CropRow, CropSet
from training.common.geometry import STORED_SIZE
from training.common.sample import Sample


def crops(count: int, dataset: str = "mine") -> CropSet:
    """Return crops of as many people, every second one with glasses."""
    rng = np.random.default_rng(0)
    shape = (count, STORED_SIZE // 8, STORED_SIZE // 8, 3)
    small = rng.integers(60, 140, shape, dtype=np.uint8)
    pixels = small.repeat(8, axis=1).repeat(8, axis=2)
    pixels[::2, 40:56, 32:96] = 250
    rows = [
        CropRow(f"{dataset}/{i}.jpg", i % 2 == 0, f"{dataset}:{i}", dataset, True, 1.0)
        for i in range(count)
    ]
    return CropSet(rows, pixels)


def samples(made: CropSet) -> list[Sample]:
    """Return the photos that the crops would come from."""
    return [
        Sample(Path(row.name), row.name, row.has_glasses, row.identity, row.dataset)
        for row in made.rows
    ]


def write_dataset(root: Path, count: int) -> None:
    """Write a dataset `mine` to `data/`, and its stored crops to `runs/`, below a folder."""
    photos, stored = root / "data/mine", root / "runs/crops"
    photos.mkdir(parents=True)
    stored.mkdir(parents=True)
    made = crops(count)
    lines = ["path,has_glasses,identity"]
    for i, row in enumerate(made.rows):
        (photos / f"{i}.jpg").write_bytes(b"photo %d" % i)
        lines.append(f"{i}.jpg,{int(row.has_glasses)},{i}")
    (photos / "labels.csv").write_text("\n".join(lines) + "\n")
    np.save(stored / "mine.npy", made.pixels)
    crop_set.write_index(stored / "mine.csv", made.rows)
    (stored / "mine.done").write_text("")

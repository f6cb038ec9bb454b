"""photos -> the worker's own decoder, detector and crop -> crops on disk, a dataset at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from training import cropset
from training.cache import fingerprint, finish, is_fresh
from training.datasets import Dataset
from training.faces import absolute, main_face, median_box, relative
from training.geometry import STORED_MARGIN, STORED_SIZE
from training.look import detector_version, faces_in, read
from training.progress import Progress, say
from worker.faces import cut
from worker.photo import Pixels
from worker.pipeline import PIPELINE_VERSION

CHUNK = 16
"""Photos a task: enough to hide the cost of handing it over."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A crop, where it was cut (see `faces.relative`), and how sure the detector was."""

    pixels: Pixels
    box: tuple[float, float, float]
    score: float


def make_crops(datasets: Sequence[Dataset], folder: Path, processes: int) -> None:
    """Cut the main face out of every photo, `STORED_SIZE` px with room for jitter.

    Where the detector finds no face, a photo of an aligned dataset is cut where the other faces
    of that dataset are (`found` is 0 in the index); a whole photo gives no crop: the network
    would only learn from a face that it will never be shown.

    Args:
        datasets: What to cut.
        folder: Where the crops go: `NAME.npy`, `NAME.csv` and a stamp for each dataset.
        processes: How many to work in.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(processes) as pool:
        for dataset in datasets:
            key = crops_key(dataset)
            stamp = folder / f"{dataset.name}.done"
            if is_fresh(stamp, key):
                say(f"crops of {dataset.name}: up to date")
                continue
            stamp.unlink(missing_ok=True)
            _make(dataset, folder, pool)
            finish(stamp, key)


def crops_key(dataset: Dataset) -> str:
    """What the crops of a dataset depend on."""
    listed = [(s.name, s.has_glasses, s.identity) for s in dataset.samples]
    how = [PIPELINE_VERSION, detector_version(), STORED_SIZE, STORED_MARGIN, dataset.aligned]
    return fingerprint([listed, *how])


def _make(dataset: Dataset, folder: Path, pool: ProcessPoolExecutor) -> None:
    progress = Progress(f"crops of {dataset.name}", len(dataset.samples))
    cuts: list[Cut | None] = []
    for part in pool.map(_cut_all, _chunks(dataset)):
        cuts.extend(part)
        progress.add(len(part))
    usual = median_box([found.box for found in cuts if found is not None])
    rows, pixels = [], []
    for sample, seen in zip(dataset.samples, cuts, strict=True):
        if seen is not None:
            rows.append(cropset.row_of(sample, True, seen.score))
            pixels.append(seen.pixels)
        elif dataset.aligned and (guess := _cut_at(sample.path, usual)) is not None:
            rows.append(cropset.row_of(sample, False, 0.0))
            pixels.append(guess)
    shape = (-1, STORED_SIZE, STORED_SIZE, 3)
    np.save(folder / f"{dataset.name}.npy", np.array(pixels, dtype=np.uint8).reshape(shape))
    cropset.write_index(folder / f"{dataset.name}.csv", rows)
    found = sum(seen is not None for seen in cuts)
    say(
        f"crops of {dataset.name}: a face found in {found} of {len(cuts)} photos, "
        f"{len(rows) - found} cut at the usual place {tuple(round(v, 3) for v in usual)}"
    )


def _chunks(dataset: Dataset) -> Iterator[list[Path]]:
    paths = [sample.path for sample in dataset.samples]
    return (paths[start : start + CHUNK] for start in range(0, len(paths), CHUNK))


def _cut_all(paths: Sequence[Path]) -> list[Cut | None]:
    return [_cut(path) for path in paths]


def _cut(path: Path) -> Cut | None:
    photo = read(path)
    if photo is None:
        return None
    face = main_face(faces_in(photo), photo.width, photo.height)
    if face is None:
        return None
    pixels = cut(photo, face, STORED_SIZE, STORED_MARGIN)
    return Cut(pixels, relative(face, photo.width, photo.height), face.score)


def _cut_at(path: Path, box: tuple[float, float, float]) -> Pixels | None:
    photo = read(path)
    if photo is None:
        return None
    return cut(photo, absolute(box, photo.width, photo.height), STORED_SIZE, STORED_MARGIN)

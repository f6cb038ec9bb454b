"""Crops of all photos, cut with the worker's decoder, detector and crop, one dataset at a time.

The detector runs once per photo: its faces give the crop to train on (`NAME.npy`), and what the
worker would classify (`NAME.faces.npz`), on which networks are evaluated.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from training.common import crop_set
from training.common.cache import fingerprint, run_once
from training.common.datasets import Dataset
from training.common.geometry import MARGIN, SIZE, STORED_MARGIN, STORED_SIZE
from training.common.labelled_face import absolute, main_face, median_box, relative
from training.common.photos import detector_version, faces_in, read, served_crops
from training.common.progress import ProgressLine, log
from worker.vision.crop import crop_face
from worker.vision.detect.cascade import LOW_CONFIDENCE
from worker.vision.photo import Pixels
from worker.vision.pipeline import PIPELINE_VERSION

CHUNK = 16
"""Photos per task: enough to make its overhead negligible."""


@dataclass(frozen=True, slots=True)
class CropResult:
    """A crop.

    Attributes:
        pixels: S × S × 3, uint8, RGB.
        box: The face, see `labelled_face.relative`.
        score: The detector's confidence.
    """

    pixels: Pixels
    box: tuple[float, float, float]
    score: float


ServedCrops = list[tuple[Pixels, bool]]
"""The crops of all faces of a photo, and whether each is low-confidence."""


def make_crops(datasets: Sequence[Dataset], folder: Path, processes: int) -> None:
    """Cut the main face out of every photo, `STORED_SIZE` px, with a margin for augmentation.

    Where the detector finds no face, a photo of an aligned dataset is cut at the median position of
    that dataset's faces (`found` is 0 in the index). A whole photo gives no crop: the worker would
    not classify that face either.

    Args:
        datasets: The datasets.
        folder: Folder of `NAME.npy`, `NAME.csv`, `NAME.faces.npz` and a stamp for each dataset.
        processes: Number of processes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(processes) as pool:
        for dataset in datasets:
            stamp = folder / f"{dataset.name}.done"
            make = partial(_make, dataset, folder, pool)
            run_once(stamp, crops_key(dataset), make, f"crops of {dataset.name}")


def crops_key(dataset: Dataset) -> str:
    """Return a fingerprint of what the crops of a dataset depend on."""
    photos = [(s.name, s.has_glasses, s.identity) for s in dataset.samples]
    pipeline = [PIPELINE_VERSION, detector_version(), LOW_CONFIDENCE]
    sizes = [STORED_SIZE, STORED_MARGIN, SIZE, MARGIN]
    return fingerprint([photos, *pipeline, *sizes, dataset.aligned])


def faces_path(folder: Path, dataset: str) -> Path:
    """Return the file of what the worker would classify in a dataset's photos."""
    return folder / f"{dataset}.faces.npz"


def _make(dataset: Dataset, folder: Path, pool: ProcessPoolExecutor) -> None:
    progress = ProgressLine(f"crops of {dataset.name}", len(dataset.samples))
    cuts: list[CropResult | None] = []
    served: list[ServedCrops] = []
    for part in pool.map(_cut_chunk, _chunks(dataset)):
        cuts.extend(crop for crop, _ in part)
        served.extend(faces for _, faces in part)
        progress.add(len(part))
    _write_served(served, faces_path(folder, dataset.name))
    median = median_box([found.box for found in cuts if found is not None])
    rows, pixels = [], []
    for sample, crop in zip(dataset.samples, cuts, strict=True):
        if crop is not None:
            rows.append(crop_set.row_of(sample, True, crop.score))
            pixels.append(crop.pixels)
        elif dataset.aligned and (assumed := _cut_at(sample.path, median)) is not None:
            rows.append(crop_set.row_of(sample, False, 0.0))
            pixels.append(assumed)
    shape = (-1, STORED_SIZE, STORED_SIZE, 3)
    np.save(folder / f"{dataset.name}.npy", np.array(pixels, dtype=np.uint8).reshape(shape))
    crop_set.write_index(folder / f"{dataset.name}.csv", rows)
    found = sum(crop is not None for crop in cuts)
    log(
        f"crops of {dataset.name}: a face found in {found} of {len(cuts)} photos, "
        f"{len(rows) - found} cut at the median position {tuple(round(v, 3) for v in median)}"
    )


def _chunks(dataset: Dataset) -> Iterator[list[Path]]:
    paths = [sample.path for sample in dataset.samples]
    return (paths[start : start + CHUNK] for start in range(0, len(paths), CHUNK))


def _write_served(served: Sequence[ServedCrops], path: Path) -> None:
    crops = [crop for faces in served for crop, _ in faces]
    np.savez(
        path,
        crops=np.array(crops, dtype=np.uint8).reshape(-1, SIZE, SIZE, 3),
        photo=np.array([i for i, faces in enumerate(served) for _ in faces], dtype=np.int64),
        low_confidence=np.array([low for faces in served for _, low in faces], dtype=np.bool_),
    )


def _cut_chunk(paths: Sequence[Path]) -> list[tuple[CropResult | None, ServedCrops]]:
    return [_cut(path) for path in paths]


def _cut(path: Path) -> tuple[CropResult | None, ServedCrops]:
    photo = read(path)
    if photo is None:
        return None, []
    faces = faces_in(photo, low_confidence=True)
    served = served_crops(photo, faces)
    confident = [face for face in faces if not face.low_confidence]
    face = main_face(confident, photo.width, photo.height)
    if face is None:
        return None, served
    pixels = crop_face(photo, face, STORED_SIZE, STORED_MARGIN)
    return CropResult(pixels, relative(face, photo.width, photo.height), face.score), served


def _cut_at(path: Path, box: tuple[float, float, float]) -> Pixels | None:
    photo = read(path)
    if photo is None:
        return None
    return crop_face(photo, absolute(box, photo.width, photo.height), STORED_SIZE, STORED_MARGIN)

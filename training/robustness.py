"""Some photos, spoiled in many ways -> through the whole pipeline -> a line for each way."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from training.cache import fingerprint, finish, is_fresh
from training.calibrate import probabilities
from training.faces import main_face
from training.geometry import MARGIN, SIZE
from training.look import detector_version, faces_in, read
from training.metrics import scores
from training.progress import Progress
from training.sample import Sample
from training.scoring import Scorer
from training.served import Served, crops_in
from training.spoil import SPOILS
from worker.detect.cascade import DOUBTFUL
from worker.manifest import Calibration
from worker.photo import Photo, Pixels
from worker.pipeline import PIPELINE_VERSION

PHOTOS = 300


def choose(samples: Sequence[Sample], aligned: set[str], count: int = PHOTOS) -> list[Sample]:
    """As many photos with glasses as without, whole ones where there are any, drawn once."""
    whole = [sample for sample in samples if sample.dataset not in aligned] or list(samples)
    rng = np.random.default_rng(0)
    chosen: list[Sample] = []
    for label in (True, False):
        some = [sample for sample in whole if sample.has_glasses == label]
        order = rng.permutation(len(some))[: count // 2]
        chosen += [some[i] for i in sorted(order)]
    return chosen


def spoiled(samples: Sequence[Sample], path: Path, processes: int) -> dict[str, Served]:
    """Every photo in every way, its faces found anew; kept on disk.

    A photo in which no face is found as it is stays out: there is nothing to lose.

    Args:
        samples: The photos.
        path: The file (.npz) to keep the crops in.
        processes: How many to work in.

    Returns:
        The way of spoiling -> its faces.
    """
    names = [sample.name for sample in samples]
    how = [PIPELINE_VERSION, detector_version(), SIZE, MARGIN, DOUBTFUL]
    key = fingerprint([names, *how, list(SPOILS)])
    stamp = path.with_suffix(".done")
    if not is_fresh(stamp, key):
        path.parent.mkdir(parents=True, exist_ok=True)
        stamp.unlink(missing_ok=True)
        _spoil_all(samples, path, processes)
        finish(stamp, key)
    with np.load(path) as file:
        crops, photo, way, has_face = (file[k] for k in ("crops", "photo", "way", "has_face"))
        doubtful = file["doubtful"]
    kept = [sample for sample, has in zip(samples, has_face, strict=True) if has]
    return {
        name: Served(samples, crops[way == i], photo[way == i], doubtful[way == i]).pick(kept)
        for i, name in enumerate(SPOILS)
    }


def table(
    scorer: Scorer, calibration: Calibration, threshold: float, ways: dict[str, Served]
) -> dict[str, dict[str, Any]]:
    """The way of spoiling -> precision, recall, F1 and faces lost."""
    lines = {}
    for name, served in ways.items():
        settled, logits = served.settled(scorer(served.crops), calibration)
        values = probabilities(settled.highest(logits), calibration)
        lines[name] = dict(scores(values >= threshold, settled.labels, settled.has_face))
    return lines


def _spoil_all(samples: Sequence[Sample], path: Path, processes: int) -> None:
    progress = Progress("robustness", len(samples))
    crops: list[Pixels] = []
    photo, way = [], []
    doubtful: list[bool] = []
    has_face = np.zeros(len(samples), dtype=np.bool_)
    with ProcessPoolExecutor(processes) as pool:
        for i, found in enumerate(pool.map(_spoil, [sample.path for sample in samples])):
            has_face[i] = found is not None
            for j, faces in enumerate(found or []):
                crops.extend(crop for crop, _ in faces)
                doubtful.extend(doubt for _, doubt in faces)
                photo.extend([i] * len(faces))
                way.extend([j] * len(faces))
            progress.add()
    pixels = np.stack(crops) if crops else np.zeros((0, SIZE, SIZE, 3), dtype=np.uint8)
    photos, ways = np.array(photo, dtype=np.int64), np.array(way, dtype=np.int64)
    doubts = np.array(doubtful, dtype=np.bool_)
    np.savez(path, crops=pixels, has_face=has_face, photo=photos, way=ways, doubtful=doubts)


def _spoil(path: Path) -> list[list[tuple[Pixels, bool]]] | None:
    photo = read(path)
    if photo is None:
        return None
    pixels = photo.pixels
    scale = photo.scale_of(pixels)
    found = [face.scaled(scale) for face in faces_in(photo)]
    face = main_face(found, pixels.shape[1], pixels.shape[0])
    if face is None:
        return None
    changed = (Photo.of(spoil(pixels, face)) for spoil in SPOILS.values())
    return [crops_in(photo) for photo in changed]

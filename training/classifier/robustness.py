"""Robustness: the whole pipeline on corrupted photos, one line per corruption."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from training.classifier.corruptions import CORRUPTIONS
from training.classifier.scoring import Scorer
from training.classifier.served_faces import ServedFaces
from training.common.cache import fingerprint, run_once
from training.common.calibration import probabilities
from training.common.geometry import MARGIN, SIZE
from training.common.labelled_face import main_face
from training.common.metrics import scores
from training.common.photos import detector_version, faces_in, read, served_crops
from training.common.progress import ProgressLine
from training.common.sample import Sample
from worker.vision.detect.cascade import LOW_CONFIDENCE
from worker.vision.model_manifest import Calibration
from worker.vision.photo import DecodedPhoto, Pixels
from worker.vision.pipeline import PIPELINE_VERSION

PHOTOS = 300


def choose(samples: Sequence[Sample], aligned: set[str], count: int = PHOTOS) -> list[Sample]:
    """Draw as many photos with glasses as without; whole photos if there are any."""
    whole = [sample for sample in samples if sample.dataset not in aligned] or list(samples)
    rng = np.random.default_rng(0)
    chosen: list[Sample] = []
    for label in (True, False):
        some = [sample for sample in whole if sample.has_glasses == label]
        order = rng.permutation(len(some))[: count // 2]
        chosen += [some[i] for i in sorted(order)]
    return chosen


def corrupted(samples: Sequence[Sample], path: Path, processes: int) -> dict[str, ServedFaces]:
    """Detect the faces of every photo under every corruption; computed once and stored.

    Photos in which no face is found without corruption are left out.

    Args:
        samples: The photos.
        path: The file (.npz) for the faces.
        processes: Number of processes.

    Returns:
        Corruption -> faces.
    """
    names = [sample.name for sample in samples]
    pipeline = [PIPELINE_VERSION, detector_version(), SIZE, MARGIN, LOW_CONFIDENCE]
    key = fingerprint([names, *pipeline, list(CORRUPTIONS)])
    run_once(path.with_suffix(".done"), key, lambda: _corrupt_all(samples, path, processes))
    with np.load(path) as file:
        crops, photo, kind, has_face = (file[k] for k in ("crops", "photo", "kind", "has_face"))
        low_confidence = file["low_confidence"]
    kept = [sample for sample, has in zip(samples, has_face, strict=True) if has]
    return {
        name: ServedFaces(
            samples, crops[kind == i], photo[kind == i], low_confidence[kind == i]
        ).pick(kept)
        for i, name in enumerate(CORRUPTIONS)
    }


def table(
    scorer: Scorer, calibration: Calibration, threshold: float, faces: dict[str, ServedFaces]
) -> dict[str, dict[str, Any]]:
    """Return precision, recall, F1 and faces lost per corruption."""
    lines = {}
    for name, served in faces.items():
        settled, logits = served.faces_that_count(scorer(served.crops), calibration)
        values = probabilities(settled.highest(logits), calibration)
        lines[name] = dict(scores(values >= threshold, settled.labels, settled.has_face))
    return lines


def _corrupt_all(samples: Sequence[Sample], path: Path, processes: int) -> None:
    progress = ProgressLine("robustness", len(samples))
    crops: list[Pixels] = []
    photo, kind = [], []
    low_confidence: list[bool] = []
    has_face = np.zeros(len(samples), dtype=np.bool_)
    with ProcessPoolExecutor(processes) as pool:
        for i, found in enumerate(pool.map(_corrupt, [sample.path for sample in samples])):
            has_face[i] = found is not None
            for j, faces in enumerate(found or []):
                crops.extend(crop for crop, _ in faces)
                low_confidence.extend(is_low_confidence for _, is_low_confidence in faces)
                photo.extend([i] * len(faces))
                kind.extend([j] * len(faces))
            progress.add()
    pixels = np.stack(crops) if crops else np.zeros((0, SIZE, SIZE, 3), dtype=np.uint8)
    np.savez(
        path,
        crops=pixels,
        has_face=has_face,
        photo=np.array(photo, dtype=np.int64),
        kind=np.array(kind, dtype=np.int64),
        low_confidence=np.array(low_confidence, dtype=np.bool_),
    )


def _corrupt(path: Path) -> list[list[tuple[Pixels, bool]]] | None:
    photo = read(path)
    if photo is None:
        return None
    pixels = photo.pixels
    scale = photo.scale_of(pixels)
    found = [face.scaled(scale) for face in faces_in(photo)]
    face = main_face(found, pixels.shape[1], pixels.shape[0])
    if face is None:
        return None
    changed = (DecodedPhoto.of(corrupt(pixels, face)) for corrupt in CORRUPTIONS.values())
    return [served_crops(photo) for photo in changed]

"""The squares that dlib draws, as a linear function of the network's boxes and landmarks.

The classifier was trained on crops of dlib's squares.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor

from training.detector.network import YuNet, cells_of, described, joined, log_scores
from training.detector.square import of_detections, same_face
from worker.vision.detect import Detection
from worker.vision.detect.cascade import CascadeDetector
from worker.vision.detect.proposal import padded
from worker.vision.photo import DecodedPhoto
from worker.vision.resize import resized

SIDES = (192, 256)
"""Longest sides in px of the copies on which the network finds the faces."""
LEAST = 0.5
"""Minimum probability of a face."""
OUTLIERS = 4.0
"""Faces whose error is this many times the median are left out of the final fit."""
ROUNDS = 3


def fit(model: YuNet, cascade: CascadeDetector, photos: Iterable[DecodedPhoto]) -> Tensor:
    """Return `YuNet.to_square`, fitted by least squares on the most probable face of each photo.

    Args:
        model: The network.
        cascade: Asks dlib for its squares.
        photos: Training photos.
    """
    pairs = [
        pair for photo in photos for side in SIDES if (pair := _pair(model, cascade, photo, side))
    ]
    features, wanted = (np.array(column) for column in zip(*pairs, strict=True))
    good = np.ones(len(pairs), dtype=np.bool_)
    for _ in range(ROUNDS):
        weights, _, _, _ = np.linalg.lstsq(features[good], wanted[good], rcond=None)
        error = np.abs(features @ weights - wanted).max(1)
        good = error < OUTLIERS * np.median(error)
    return torch.from_numpy(weights.astype(np.float32))


def _pair(
    model: YuNet, cascade: CascadeDetector, photo: DecodedPhoto, side: int
) -> tuple[list[float], list[float]] | None:
    """Return the features of the most probable face, and dlib's square in units of its box."""
    pixels = photo.at(2 * side)
    scale = side / max(pixels.shape[:2])
    picture = padded(resized(pixels, scale))
    with torch.inference_mode():
        planes = torch.from_numpy(picture).permute(2, 0, 1)[None].to(torch.float32)
        levels = model.levels(planes)
        found, cells = joined(levels), cells_of(levels)
        scores = log_scores(found)[0].exp()
        best = int(scores.argmax())
        if scores[best] < LEAST:
            return None
        centre, unit, features = (values[0, best] for values in described(found, cells))
        x, y, width = (float(v) for v in model.squares(found, cells)[0, best])
    to_full_size = 1 / (scale * photo.scale_of(pixels))
    square = Detection(x - width / 2, y - width / 2, width, width, 1.0).scaled(to_full_size)
    dlibs = cascade.check(photo, square)
    (face,), (proposal,) = of_detections([dlibs]), of_detections([square])
    if dlibs.score < 0 or not same_face(proposal, face[None]).all():
        return None
    goal = face / to_full_size
    size = float(unit)
    shift = [(goal[0] - float(centre[0])) / size, (goal[1] - float(centre[1])) / size]
    return features.tolist(), [*shift, goal[2] / size]

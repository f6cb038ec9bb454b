"""Validation of the detector during training."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from torch import nn

from training.detector.matching import match_faces
from training.detector.pseudo_labels import PseudoLabels
from worker.vision.decode import Pixels
from worker.vision.detect import Detection
from worker.vision.detect.positions import probable_squares
from worker.vision.detect.proposal import non_max_suppression, padded
from worker.vision.resize import resized

LONGEST = 192
THRESHOLDS = (0.7, 0.8)
"""Probabilities at which recall and false positives are reported."""

Validator = Callable[[nn.Module], Mapping[str, float]]


def validator(
    photos: Sequence[tuple[Pixels, PseudoLabels]],
    face_free: Sequence[Pixels],
    longest: int = LONGEST,
) -> Validator:
    """Return a function that evaluates a network on some photos."""

    def validate(model: nn.Module) -> dict[str, float]:
        model.eval()
        found = [
            (propose(model, pixels, longest, THRESHOLDS[0]), known) for pixels, known in photos
        ]
        empty = [propose(model, pixels, longest, THRESHOLDS[0]) for pixels in face_free]
        figures = {}
        for least in THRESHOLDS:
            main = [match_faces(_at_least(faces, least), known).main for faces, known in found]
            false = [bool(_at_least(faces, least)) for faces in empty]
            figures[f"recall@{least}"] = float(np.mean(main))
            figures[f"false_positives@{least}"] = float(np.mean(false)) if false else 0.0
        return figures

    return validate


def propose(model: nn.Module, pixels: Pixels, longest: int, least: float) -> list[Detection]:
    """Propose faces as `worker.vision.detect.proposal.FaceProposer` does, with a torch network."""
    scale = longest / max(pixels.shape[:2])
    picture = padded(resized(pixels, scale))
    with torch.inference_mode():
        device = next(model.parameters()).device
        planes = torch.from_numpy(picture).to(device).permute(2, 0, 1)[None]
        *grids, to_square = (out.cpu().numpy() for out in model(planes.to(torch.float32)))
    squares = probable_squares([grid[0] for grid in grids], to_square, least)
    rows = non_max_suppression(squares)
    return [
        Detection((x - s / 2) / scale, (y - s / 2) / scale, s / scale, s / scale, p)
        for x, y, s, p in rows.tolist()
    ]


def _at_least(faces: Sequence[Detection], least: float) -> list[Detection]:
    return [face for face in faces if face.score >= least]

"""A last look where nothing was found: several views together see what none of them is sure of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from worker.decode import Pixels
from worker.detect.detection import Detection
from worker.detect.same import same

Propose = Callable[[Pixels, int, float], list[Detection]]
"""See `worker.detect.proposal.Proposer`."""

SIDES = (160, 224, 320)
"""Longest sides in px of the copies, each seen in the mirror as well. In the smaller ones a face
that fills the whole frame has a size that the network knows."""
LEAST = 0.05
"""Proposals of a lower probability are left out."""
MOST = 3
"""Places that dlib is asked about, at most."""


def together(propose: Propose, pixels: Pixels) -> list[Detection]:
    """Where the network sees faces in all views together.

    Args:
        propose: The network.
        pixels: H × W × 3, uint8, RGB.

    Returns:
        Boxes in px of `pixels`, at most `MOST`, the surest first; `score` is the mean of the views'
        probabilities, 0 for those that propose nothing there.
    """
    mirrored = np.ascontiguousarray(pixels[:, ::-1])
    width = pixels.shape[1]
    views: list[list[Detection]] = []
    for side in SIDES:
        views.append(propose(pixels, side, LEAST))
        found = propose(mirrored, side, LEAST)
        views.append([replace(f, left=width - f.left - f.width) for f in found])
    left = sorted((face for view in views for face in view), key=lambda face: -face.score)
    places = []
    while left:
        best = left[0]
        places.append(_mean(best, views))
        left = [face for face in left[1:] if not same(face, best)]
    return sorted(places, key=lambda face: -face.score)[:MOST]


def _mean(face: Detection, views: Sequence[Sequence[Detection]]) -> Detection:
    alike = [
        max(found, key=lambda f: f.score)
        for view in views
        if (found := [f for f in view if same(f, face)])
    ]
    weights = np.array([f.score for f in alike])
    boxes = np.array([(f.left, f.top, f.width, f.height) for f in alike])
    left, top, width, height = (float(v) for v in weights @ boxes / weights.sum())
    return Detection(left, top, width, height, float(weights.sum() / len(views)), confirmed=False)

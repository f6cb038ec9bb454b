"""The multi-view vote: several copies of a photo agree on faces that no single copy shows clearly.

It runs only if no face was found otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from worker.vision.decode import Pixels
from worker.vision.detect.detection import Detection, overlaps

Propose = Callable[[Pixels, int, float], list[Detection]]
"""See `worker.vision.detect.proposal.FaceProposer`."""

SIDES = (160, 224, 320)
"""Longest sides in px of the copies; each is also mirrored. In the smaller copies a face that
fills the whole frame has a size that the network was trained on."""
LEAST = 0.2
"""Minimum probability of a proposal."""
MOST = 3
"""Maximum number of candidates that dlib checks."""


def vote(propose: Propose, pixels: Pixels, least: float = 0.0) -> list[Detection]:
    """Return the faces that the network proposes in all views together.

    Args:
        propose: The network.
        pixels: H × W × 3, uint8, RGB.
        least: Minimum mean probability of a candidate. If none reaches it in the copies of one size
            and the smaller ones, larger copies are not made.

    Returns:
        At most `MOST` boxes in px of `pixels`, the highest score first. `score` is the mean
        probability over all views; a view without a proposal at that position counts as 0.
    """
    mirrored = np.ascontiguousarray(pixels[:, ::-1])
    width = pixels.shape[1]
    views: list[list[Detection]] = []
    candidates: list[Detection] = []
    for side in SIDES:
        views.append(propose(pixels, side, LEAST))
        proposals = propose(mirrored, side, LEAST)
        views.append([replace(p, left=width - p.left - p.width) for p in proposals])
        candidates = [face for face in _candidates(views) if face.score >= least]
        if not candidates:
            break
    return sorted(candidates, key=lambda face: -face.score)[:MOST]


def _candidates(views: Sequence[Sequence[Detection]]) -> list[Detection]:
    remaining = sorted((p for view in views for p in view), key=lambda p: -p.score)
    candidates = []
    while remaining:
        best = remaining[0]
        candidates.append(_weighted_mean(best, views))
        remaining = [p for p in remaining[1:] if not overlaps(p, best)]
    return candidates


def _weighted_mean(face: Detection, views: Sequence[Sequence[Detection]]) -> Detection:
    matches = [
        max(matching, key=lambda p: p.score)
        for view in views
        if (matching := [p for p in view if overlaps(p, face)])
    ]
    weights = np.array([m.score for m in matches])
    boxes = np.array([(m.left, m.top, m.width, m.height) for m in matches])
    left, top, width, height = (float(v) for v in weights @ boxes / weights.sum())
    return Detection(left, top, width, height, float(weights.sum() / len(views)), confirmed=False)

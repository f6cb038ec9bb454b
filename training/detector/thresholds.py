"""Thresholds of the cascade: for asking dlib, for counting without dlib, and for the vote.

All are as low as false positives on photos without faces allow; none of these was trained on.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np

from training.common.splits import VALIDATION
from training.detector.face_free import paths
from training.detector.workspace import DetectorWorkspace
from worker.vision.decode import decode
from worker.vision.detect.cascade import WIDE_SIZE, CascadeDetector
from worker.vision.errors import PhotoError
from worker.vision.photo import DecodedPhoto, Pixels

INPUT_SIZE = 192
"""Longest side in px of the copy on which the worker runs the network first."""
FALSE_POSITIVE_SHARE = 0.002
"""Share of views without faces in which a face of either kind may be found …"""
VOTE_FALSE_POSITIVE_SHARE = 0.004
"""… and in which the vote may find one: the sum stays below 1 in 100."""
HINT = 0.25
"""Not chosen: a hint at small faces costs one look at a larger copy."""
MIN_PROPOSE, MIN_ACCEPT, MIN_VOTE = 0.5, 0.6, 0.6
"""Lower bounds: there are too few photos without faces to justify lower thresholds, and every
proposal that dlib checks takes a millisecond."""
PARTS = 12
"""Number of random parts of each photo without faces, in addition to the whole photo."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """See `worker.vision.model_manifest.ProposalManifest`."""

    hint: float
    propose: float
    accept: float
    vote: float


def choose(cascade: CascadeDetector, work: DetectorWorkspace) -> Thresholds:
    """Choose the thresholds on the validation part.

    Args:
        cascade: With very low thresholds.
        work: Has photos without faces.
    """
    asked, believed, last = [], [], []
    for pixels in views(work):
        photo = DecodedPhoto.of(pixels)
        sure, unsure = [0.0], [0.0]
        looks = (INPUT_SIZE, WIDE_SIZE) if max(pixels.shape) > INPUT_SIZE else (INPUT_SIZE,)
        for proposal in (p for side in looks for p in cascade.proposals(photo, side)):
            unsure.append(proposal.score)
            if cascade.check(photo, proposal).score >= 0:
                sure.append(proposal.score)
        asked.append(max(sure))
        believed.append(max(unsure))
        likely = cascade.vote_on_views(photo)
        last.append(0.0 if likely is None else likely[0])
    return Thresholds(
        HINT,
        _above(asked, MIN_PROPOSE, FALSE_POSITIVE_SHARE),
        _above(believed, MIN_ACCEPT, FALSE_POSITIVE_SHARE),
        _above(last, MIN_VOTE, VOTE_FALSE_POSITIVE_SHARE),
    )


def views(work: DetectorWorkspace) -> Iterable[Pixels]:
    """Yield the photos without faces of the validation part, whole and in parts."""
    rng = np.random.default_rng(0)
    for path in paths(work.face_free, VALIDATION):
        try:
            pixels = decode(path.read_bytes()).pixels
        except PhotoError:
            continue
        yield pixels
        height, width = pixels.shape[:2]
        for _ in range(PARTS):
            share = rng.uniform(0.3, 0.8)
            rows, columns = max(40, int(height * share)), max(40, int(width * share))
            top = int(rng.integers(0, max(1, height - rows)))
            left = int(rng.integers(0, max(1, width - columns)))
            part = pixels[top : top + rows, left : left + columns]
            scale = min(1.0, 640 / max(part.shape[:2]))
            small = cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            yield np.asarray(small, dtype=np.uint8)


def _above(scores: list[float], least: float, share: float) -> float:
    """Return a threshold that all but a share of the views stay below."""
    if not scores:
        return 0.6
    ranked = sorted(scores, reverse=True)
    limit = ranked[min(int(share * len(ranked)), len(ranked) - 1)]
    return round(min(max(least, limit + 0.01), 0.98), 3)

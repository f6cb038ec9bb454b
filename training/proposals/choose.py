"""From which probability dlib is asked, from which both are believed, and the last look is.

All are as low as false faces allow, on photos that taught nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np

from training.proposals.face_free import paths
from training.proposals.space import Space
from training.splits import VALIDATION
from worker.decode import decode
from worker.detect.cascade import WIDE, CascadeDetector
from worker.errors import PhotoError
from worker.photo import Photo, Pixels

LOOK = 256
"""Longest side in px of the copy that the worker looks at first."""
GHOST_SHARE = 0.002
"""Views without faces in which a face of either kind may be seen …"""
LAST_GHOST_SHARE = 0.004
"""… and in which the last look may see one: the sum stays below 1 in 100."""
LEAST_ASK, LEAST_BELIEVE, LEAST_LAST = 0.42, 0.4, 0.2
"""Bounds: there are too few photos without faces to trust anything lower, and every proposal that
dlib is asked about costs a millisecond."""
CUTS = 12
"""Views of a photo without faces beside the whole: parts of it."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """See `worker.manifest.ProposalManifest`."""

    ask: float
    believe: float
    last: float


def choose(cascade: CascadeDetector, space: Space) -> Thresholds:
    """Choose both on the validation part.

    Args:
        cascade: Asking at a very low probability.
        space: With photos without faces.
    """
    asked, believed, last = [], [], []
    for pixels in views(space):
        photo = Photo.of(pixels)
        sure, unsure = [0.0], [0.0]
        looks = (LOOK, WIDE) if max(pixels.shape) > LOOK else (LOOK,)
        for proposal in (p for side in looks for p in cascade.proposals(photo, side)):
            face = cascade.weighed(photo, proposal)
            if face.confirmed:
                sure.append(proposal.score)
            else:
                unsure.append(face.score)
        asked.append(max(sure))
        believed.append(max(unsure))
        likely = cascade.last(photo)
        last.append(0.0 if likely is None else likely[0])
    return Thresholds(
        _above(asked, LEAST_ASK, GHOST_SHARE),
        _above(believed, LEAST_BELIEVE, GHOST_SHARE),
        _above(last, LEAST_LAST, LAST_GHOST_SHARE),
    )


def views(space: Space) -> Iterable[Pixels]:
    """Photos without faces of the validation part, whole and in parts."""
    rng = np.random.default_rng(0)
    for path in paths(space.face_free, VALIDATION):
        try:
            pixels = decode(path.read_bytes()).pixels
        except PhotoError:
            continue
        yield pixels
        height, width = pixels.shape[:2]
        for _ in range(CUTS):
            share = rng.uniform(0.3, 0.8)
            rows, columns = max(40, int(height * share)), max(40, int(width * share))
            top = int(rng.integers(0, max(1, height - rows)))
            left = int(rng.integers(0, max(1, width - columns)))
            part = pixels[top : top + rows, left : left + columns]
            scale = min(1.0, 640 / max(part.shape[:2]))
            small = cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            yield np.asarray(small, dtype=np.uint8)


def _above(ghosts: list[float], least: float, share: float) -> float:
    """A threshold that all but a share of the views stay below."""
    if not ghosts:
        return 0.6
    ranked = sorted(ghosts, reverse=True)
    limit = ranked[min(int(share * len(ranked)), len(ranked) - 1)]
    return round(min(max(least, limit + 0.01), 0.98), 3)

"""The classifier's reduced pass: reduced crops, which settle the faces that it is certain about.

The network classifies a reduced crop in less than half of the time, and most faces are that easy.
Only the others are classified at full size. One network does both: it is trained on both sizes, and
each has its own calibration.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from worker.vision.model_manifest import ReducedPass
from worker.vision.photo import Pixels


def reduced(crops: Sequence[Pixels] | Pixels, side: int) -> Pixels:
    """Return N reduced crops, N × side × side × 3; every px is the mean of the area it covers."""
    result = np.empty((len(crops), side, side, 3), dtype=np.uint8)
    for crop, target in zip(crops, result, strict=True):
        cv2.resize(crop, (side, side), dst=target, interpolation=cv2.INTER_AREA)
    return result


def settles(spec: ReducedPass, glasses: float, sunglasses: float | None = None) -> bool:
    """Return whether a face need not be classified at full size.

    Args:
        spec: The reduced pass.
        glasses: Its probability of glasses.
        sunglasses: If these are glasses, its probability that they are sunglasses; None if the
            model does not tell kinds.
    """
    if glasses <= spec.certain_none:
        return True
    kind = 1.0 if sunglasses is None else max(sunglasses, 1 - sunglasses)
    return glasses >= spec.certain_glasses and kind >= spec.certain_kind

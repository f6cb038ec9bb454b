"""Size and margin of crops.

The network's input is the face box with a tenth of its side added on each side: dlib's box ends at
the temples and above the brows, but frames and hinges extend further. Stored crops show a third
more, a sixth on each side, so that augmentation can shift, scale and rotate without padding.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from worker.vision.model_manifest import ModelInput

SIZE = 96
MARGIN = 0.1
STORED_SIZE = 128
STORED_MARGIN = (STORED_SIZE / SIZE * (1 + 2 * MARGIN) - 1) / 2
"""Gives faces the same size in px as in the network's input, which is the stored crop's centre."""

INPUT = ModelInput(
    size=SIZE, mean=(128.0, 128.0, 128.0), std=(128.0, 128.0, 128.0), crop_margin=MARGIN
)
"""The normalization of the ImageNet weights that training starts from."""


def centre_of(stored: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return the network's input from N stored crops: N × SIZE × SIZE × 3."""
    edge = (stored.shape[1] - SIZE) // 2
    return stored[:, edge : edge + SIZE, edge : edge + SIZE]

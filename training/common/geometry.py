"""How large a crop is, and how much of the surroundings it shows.

The network sees the face box with a tenth of its side added all round: dlib's box ends at the
temples and above the brows, where frames and their hinges still go on. Stored crops show a third
more, a sixth on each side, so that training can shift, scale and rotate without inventing pixels.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from worker.manifest import ModelInput

SIZE = 96
MARGIN = 0.1
STORED_SIZE = 128
STORED_MARGIN = (STORED_SIZE / SIZE * (1 + 2 * MARGIN) - 1) / 2
"""Same px a face as in the network's input: the stored crop's centre is what the network sees."""

INPUT = ModelInput(
    size=SIZE, mean=(128.0, 128.0, 128.0), std=(128.0, 128.0, 128.0), crop_margin=MARGIN
)
"""As the ImageNet weights that training starts from were trained."""


def centre_of(stored: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """N stored crops -> what the network would be shown: N × SIZE × SIZE × 3."""
    edge = (stored.shape[1] - SIZE) // 2
    return stored[:, edge : edge + SIZE, edge : edge + SIZE]

"""The proposal network's output: what it says at each position of three grids.

Boxes are computed here and not in the network, which would compute them at all positions: only a
few are probable.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

STRIDES = (8, 16, 32)
"""Distance in px of neighbouring positions, of each grid."""
OUTPUTS = 16
"""Numbers per position: two logits, whose geometric mean of probabilities is the score; offset and
log of width and height; x and y of the eyes, the nose and the corners of the mouth."""
MOST = 300
"""Maximum number of proposals, the highest scores first."""

Floats = npt.NDArray[np.float32]


def probable_squares(grids: Sequence[Floats], to_square: Floats, least: float) -> Floats:
    """Return the probable faces.

    Args:
        grids: `OUTPUTS` × H × W, of each stride.
        to_square: 12 × 3: dlib's square as a linear function of a box and its landmarks.
        least: Minimum probability.

    Returns:
        M × 4: x and y of the centre, and side, in px of the network's input; probability. The
        highest probability first.
    """
    logits = np.concatenate([grid[:2].reshape(2, -1) for grid in grids], axis=1)
    # Neither probability can be lower than the square of their mean.
    likely = np.flatnonzero(logits.min(0) > math.log(least**2 / (1 - least**2)))
    one, other = 1 + np.exp(-logits[:, likely])
    scores = 1 / np.sqrt(one * other)
    order = np.argsort(-scores, kind="stable")[:MOST]
    order = order[scores[order] > least]
    if not len(order):
        return np.empty((0, 4), dtype=np.float32)
    places = likely[order]
    found = np.concatenate([grid[2:].reshape(OUTPUTS - 2, -1) for grid in grids], axis=1)
    result = np.empty((len(order), 4), dtype=np.float32)
    result[:, :3] = _squares(found[:, places], _cells(grids, places), to_square)
    result[:, 3] = scores[order]
    return result


def _cells(grids: Sequence[Floats], places: npt.NDArray[np.intp]) -> Floats:
    """Return column, row and stride of some positions; 3 × M."""
    sizes = [grid[0].size for grid in grids]
    starts = np.array([0, sizes[0], sizes[0] + sizes[1]])
    level = starts.searchsorted(places, side="right") - 1
    widths = np.array([grid.shape[2] for grid in grids])
    row, column = np.divmod(places - starts[level], widths[level])
    return np.array([column, row, np.array(STRIDES)[level]], dtype=np.float32)


def _squares(found: Floats, cells: Floats, to_square: Floats) -> Floats:
    """Return x and y of the centre and the side in px; M × 3."""
    offset, log_width, log_height = found[:2], found[2], found[3]
    unit = np.exp((log_width + log_height) / 2)
    features = np.ones((len(to_square), found.shape[1]), dtype=np.float32)
    features[1] = log_width - log_height
    landmarks = found[4:].reshape(5, 2, -1)
    features[2:] = ((landmarks - offset) / unit).reshape(10, -1)
    squares: Floats = features.T @ to_square * (unit * cells[2])[:, None]
    squares[:, :2] += ((cells[:2] + offset) * cells[2]).T
    return squares

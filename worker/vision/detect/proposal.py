"""A tiny network that proposes where faces are: all of them, in one look at a small copy."""

from __future__ import annotations

import math

import cv2
import numpy as np
import numpy.typing as npt

from worker.detect.detection import Detection
from worker.photo import Pixels
from worker.resize import resized
from worker.session import session

STRIDE = 8
"""Px of the network's input between two places that may hold a face's centre."""
MULTIPLE = 32
"""Height and width of the network's input are multiples of this."""
OFFSET_UNIT = 0.25
"""The network tells offsets from a place to the face's centre in quarters of the face's side …"""
SIDE_UNIT = 64.0
"""… and the side as the logarithm of its ratio to this many px: all values are about -2 to 2."""
SAME = 0.4
"""Proposals that overlap by this (intersection over union) are of one face."""
MOST = 300
"""Proposals considered at most, the surest first."""

Floats = npt.NDArray[np.float32]


class Proposer:
    """Proposes face boxes with a released network.

    Args:
        network: The ONNX file's bytes; input `pixels`, 1 × H × W × 3 uint8, outputs logits
            1 × 1 × H/8 × W/8 and boxes 1 × 3 × H/8 × W/8.
    """

    def __init__(self, network: bytes) -> None:
        self._session = session(network)

    def __call__(self, pixels: Pixels, longest: int, least: float) -> list[Detection]:
        """Propose faces.

        Args:
            pixels: H × W × 3, uint8, RGB.
            longest: Longest side in px of the copy that is looked at.
            least: Proposals of a lower probability are left out.

        Returns:
            Square boxes in px of `pixels`, the surest first; `score` is a probability.
        """
        scale = longest / max(pixels.shape[:2])
        picture = padded(resized(pixels, scale))
        logits, boxes = self._session.run(None, {"pixels": picture[None]})
        found = suppressed(read(np.asarray(logits)[0, 0], np.asarray(boxes)[0], least))
        return [
            Detection(
                float(x - side / 2) / scale,
                float(y - side / 2) / scale,
                float(side) / scale,
                float(side) / scale,
                float(score),
                confirmed=False,
            )
            for x, y, side, score in found
        ]


def padded(pixels: Pixels) -> Pixels:
    """Gray added on the right and below, up to multiples of `MULTIPLE`."""
    height, width = pixels.shape[:2]
    more = -height % MULTIPLE, -width % MULTIPLE
    if not any(more):
        return pixels
    gray = (128, 128, 128)
    return np.asarray(
        cv2.copyMakeBorder(pixels, 0, more[0], 0, more[1], cv2.BORDER_CONSTANT, value=gray),
        dtype=np.uint8,
    )


def read(logits: Floats, boxes: Floats, least: float) -> Floats:
    """Places -> boxes.

    Args:
        logits: h × w.
        boxes: 3 × h × w: offset to the right and down in `OFFSET_UNIT` sides, log of the side in
            `SIDE_UNIT` px.
        least: Lowest probability.

    Returns:
        N × 4: x and y of the centre, side (px of the network's input), probability; surest first.
    """
    rows, columns = np.nonzero(logits > math.log(least / (1 - least)))
    scores = 1 / (1 + np.exp(-logits[rows, columns]))
    order = np.argsort(-scores, kind="stable")[:MOST]
    rows, columns = rows[order], columns[order]
    right, down, size = boxes[:, rows, columns]
    side = SIDE_UNIT * np.exp(np.clip(size, -4, 4))
    x = (columns + 0.5) * STRIDE + right * OFFSET_UNIT * side
    y = (rows + 0.5) * STRIDE + down * OFFSET_UNIT * side
    return np.stack([x, y, side, scores[order]], axis=1).astype(np.float32)


def suppressed(found: Floats, same: float = SAME) -> Floats:
    """One box a face: the surest stays, what overlaps it goes.

    Args:
        found: N × 4 as `read` gives them, surest first.
        same: Overlap at which two boxes are of one face.
    """
    alike = _alike(found, same)
    left = np.ones(len(found), dtype=bool)
    kept = []
    for number, others in enumerate(alike):
        if left[number]:
            kept.append(number)
            left &= ~others
    return found[kept]


def _alike(found: Floats, same: float) -> npt.NDArray[np.bool_]:
    """N × N: which two boxes are of one face. All pairs at once are quicker than some in turn."""
    x, y, side = found[:, 0], found[:, 1], found[:, 2]
    half = (side + side[:, None]) / 2
    most = np.minimum(side, side[:, None])
    across = np.clip(half - np.abs(x - x[:, None]), 0, most)
    down = np.clip(half - np.abs(y - y[:, None]), 0, most)
    shared = across * down
    union = side**2 + side[:, None] ** 2 - shared
    # A box mostly inside another is the same face at another size.
    inside = shared > 0.7 * most**2
    return np.asarray((shared > same * union) | (inside & (shared > 0.2 * union)))

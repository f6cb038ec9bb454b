"""The proposal network: proposes all faces of a photo in one pass over a small copy."""

from __future__ import annotations

import math

import cv2
import numpy as np
import numpy.typing as npt

from worker.vision.detect.detection import Detection
from worker.vision.onnx_session import session
from worker.vision.photo import Pixels
from worker.vision.resize import resized

STRIDE = 8
"""Px of the network's input per cell of its output grid."""
MULTIPLE = 32
"""Height and width of the network's input are multiples of this."""
OFFSET_UNIT = 0.25
"""Unit of the offset from a cell to the face's centre: a quarter of the face's side."""
SIDE_UNIT = 64.0
"""The network outputs the log of the side's ratio to this many px; values are about -2 to 2."""
SAME = 0.4
"""Proposals with this intersection over union show the same face."""
MOST = 300
"""Maximum number of proposals, the highest scores first."""

Floats = npt.NDArray[np.float32]


class FaceProposer:
    """Proposes face boxes with a released network.

    Args:
        network: The ONNX file's bytes. Input `pixels`, 1 × H × W × 3 uint8; outputs logits
            1 × 1 × H/8 × W/8 and boxes 1 × 3 × H/8 × W/8.
    """

    def __init__(self, network: bytes) -> None:
        self._session = session(network)

    def __call__(self, pixels: Pixels, longest: int, least: float) -> list[Detection]:
        """Propose faces.

        Args:
            pixels: H × W × 3, uint8, RGB.
            longest: Longest side in px of the copy that the network processes.
            least: Minimum probability of a proposal.

        Returns:
            Square boxes in px of `pixels`, the highest score first; `score` is a probability.
        """
        scale = longest / max(pixels.shape[:2])
        picture = padded(resized(pixels, scale))
        logits, boxes = self._session.run(None, {"pixels": picture[None]})
        proposals = non_max_suppression(read(np.asarray(logits)[0, 0], np.asarray(boxes)[0], least))
        return [
            Detection(
                float(x - side / 2) / scale,
                float(y - side / 2) / scale,
                float(side) / scale,
                float(side) / scale,
                float(score),
                confirmed=False,
            )
            for x, y, side, score in proposals
        ]


def padded(pixels: Pixels) -> Pixels:
    """Pad with gray on the right and below, to multiples of `MULTIPLE` px."""
    height, width = pixels.shape[:2]
    below, right = -height % MULTIPLE, -width % MULTIPLE
    if not (below or right):
        return pixels
    gray = (128, 128, 128)
    return np.asarray(
        cv2.copyMakeBorder(pixels, 0, below, 0, right, cv2.BORDER_CONSTANT, value=gray),
        dtype=np.uint8,
    )


def read(logits: Floats, boxes: Floats, least: float) -> Floats:
    """Decode the network's output grids to boxes.

    Args:
        logits: h × w.
        boxes: 3 × h × w: offset to the right and down in `OFFSET_UNIT` sides, log of the side in
            `SIDE_UNIT` px.
        least: Minimum probability.

    Returns:
        N × 4: x and y of the centre, side (px of the network's input), probability; the highest
        probability first.
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


def non_max_suppression(found: Floats, same: float = SAME) -> Floats:
    """Keep one box per face: the most probable box suppresses those that overlap it.

    Args:
        found: N × 4 as `read` returns them, the highest probability first.
        same: Intersection over union at which two boxes show the same face.
    """
    overlapping = _overlap_matrix(found, same)
    remaining = np.ones(len(found), dtype=bool)
    kept = []
    for number, others in enumerate(overlapping):
        if remaining[number]:
            kept.append(number)
            remaining &= ~others
    return found[kept]


def _overlap_matrix(found: Floats, same: float) -> npt.NDArray[np.bool_]:
    """Return N × N: which pairs of boxes show the same face.

    Computing all pairs at once is faster than only the needed ones in a loop.
    """
    x, y, side = found[:, 0], found[:, 1], found[:, 2]
    half = (side + side[:, None]) / 2
    smaller = np.minimum(side, side[:, None])
    dx = np.clip(half - np.abs(x - x[:, None]), 0, smaller)
    dy = np.clip(half - np.abs(y - y[:, None]), 0, smaller)
    intersection = dx * dy
    union = side**2 + side[:, None] ** 2 - intersection
    # A box mostly inside another one is the same face at another size.
    inside = intersection > 0.7 * smaller**2
    return np.asarray((intersection > same * union) | (inside & (intersection > 0.2 * union)))

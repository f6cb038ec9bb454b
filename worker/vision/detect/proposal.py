"""The proposal network: proposes all faces of a photo in one pass over a small copy."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from worker.vision.detect.detection import Detection
from worker.vision.onnx_session import session
from worker.vision.photo import Pixels
from worker.vision.resize import resized

MULTIPLE = 32
"""Height and width of the network's input are multiples of this."""
SAME = 0.4
"""Proposals with this intersection over union show the same face."""
MOST = 300
"""Maximum number of proposals, the highest scores first."""

Floats = npt.NDArray[np.float32]


class FaceProposer:
    """Proposes face boxes with a released network.

    Args:
        network: The ONNX file's bytes. Input `pixels`, 1 × H × W × 3 uint8; outputs `scores`,
            1 × N, and `squares`, 1 × N × 3, for N positions; see `read`.
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
        scores, squares = self._session.run(["scores", "squares"], {"pixels": picture[None]})
        proposals = non_max_suppression(read(np.asarray(scores)[0], np.asarray(squares)[0], least))
        return [
            Detection(
                (x - side / 2) / scale,
                (y - side / 2) / scale,
                side / scale,
                side / scale,
                score,
                confirmed=False,
            )
            for x, y, side, score in proposals.tolist()
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


def read(scores: Floats, squares: Floats, least: float) -> Floats:
    """Return the probable boxes of the network's output.

    Args:
        scores: N; the probability of a face.
        squares: N × 3: x and y of the centre, and the side, in px of the network's input.
        least: Minimum probability.

    Returns:
        M × 4: x, y, side, probability; the highest probability first.
    """
    probable = np.flatnonzero(scores > least)
    order = probable[np.argsort(-scores[probable], kind="stable")[:MOST]]
    return np.column_stack([squares[order], scores[order]])


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

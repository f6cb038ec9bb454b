"""The proposal network: proposes all faces of a photo in one pass over a small copy."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from worker.vision.detect.detection import Detection
from worker.vision.detect.positions import Floats, probable_squares
from worker.vision.onnx_session import session
from worker.vision.photo import Pixels
from worker.vision.resize import resized

MULTIPLE = 32
"""Height and width of the network's input are multiples of this."""
SAME = 0.4
"""Proposals with this intersection over union show the same face."""
GRIDS = ("eighth", "sixteenth", "thirty_second")
"""The network's outputs, of each stride of `positions.STRIDES`."""
TO_SQUARE = "square_weights"
"""A constant output, see `probable_squares`."""


class FaceProposer:
    """Proposes face boxes with a released network.

    Args:
        network: The ONNX file's bytes. Input `pixels`, 1 × H × W × 3 uint8; outputs `GRIDS`, 1 × 16
            × H/stride × W/stride, and `TO_SQUARE`.
    """

    def __init__(self, network: bytes) -> None:
        self._session = session(network)
        blank = np.zeros((1, MULTIPLE, MULTIPLE, 3), dtype=np.uint8)
        (to_square,) = self._session.run([TO_SQUARE], {"pixels": blank})
        self._to_square = np.asarray(to_square)

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
        outputs = self._session.run(GRIDS, {"pixels": picture[None]})
        grids = [np.asarray(each)[0] for each in outputs]
        proposals = non_max_suppression(probable_squares(grids, self._to_square, least))
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


def non_max_suppression(found: Floats, same: float = SAME) -> Floats:
    """Keep one box per face: the most probable box suppresses those that overlap it.

    Args:
        found: N × 4 as `probable_squares` returns them, the highest probability first.
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

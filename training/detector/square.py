"""Faces as squares, as dlib draws them: `(x, y, side)` of the centre, in px."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from worker.vision.detect import Detection

Squares = npt.NDArray[np.float32]
"""N × 3: x and y of the centre, and the side, in px."""

CENTRE_DISTANCE = 0.35
"""Squares show the same face if their centres differ by less than this share of the side …"""
SIDE_RATIO = 1.8
"""… and their sides by less than this factor."""


def squares(values: object = ()) -> Squares:
    """Return values as N × 3 float32; 0 × 3 without values."""
    return np.asarray(values, dtype=np.float32).reshape(-1, 3)


def of_detections(faces: list[Detection]) -> Squares:
    """Return the squares of detections."""
    return squares([(f.left + f.width / 2, f.top + f.height / 2, f.width) for f in faces])


def overlap(one: Squares, others: Squares) -> npt.NDArray[np.float32]:
    """Return the intersection over union, N × M."""
    a, b = one[:, None], others[None]
    half = (a[..., 2] + b[..., 2]) / 2
    smaller = np.minimum(a[..., 2], b[..., 2])
    width = np.clip(half - np.abs(a[..., 0] - b[..., 0]), 0, smaller)
    height = np.clip(half - np.abs(a[..., 1] - b[..., 1]), 0, smaller)
    shared = width * height
    return np.asarray(shared / (a[..., 2] ** 2 + b[..., 2] ** 2 - shared + 1e-9), dtype=np.float32)


def same_face(face: Squares, others: Squares) -> npt.NDArray[np.bool_]:
    """Return, for each of M squares, whether it shows the same face as one square (3 numbers)."""
    if not len(others):
        return np.zeros(0, dtype=np.bool_)
    x, y, side = (float(v) for v in face.reshape(3))
    distance = np.hypot(others[:, 0] - x, others[:, 1] - y)
    ratio = others[:, 2] / max(side, 1e-6)
    near = distance < CENTRE_DISTANCE * side
    return np.asarray(near & (ratio < SIDE_RATIO) & (ratio > 1 / SIDE_RATIO), dtype=np.bool_)

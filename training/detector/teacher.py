"""The teacher: dlib at many sizes, and on rotated and brightened copies.

dlib at one size has false and missed faces; faces on which several sizes agree are reliable.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import Any

import cv2
import numpy as np

from training.detector.square import Squares, overlap, squares
from worker.vision.decode import Pixels
from worker.vision.detect.frontal import frontal

SIZES = (320, 480, 640)
"""Longest sides in px of the copies on which dlib runs."""
TURNS = (-20.0, 20.0, -38.0, 38.0)
"""Degrees by which copies are rotated if dlib finds nothing on the upright ones."""
TURNED_SIZE = 600
GAMMAS = (0.45, 1.8)
SURE_SCORE = 0.6
"""A detection of this score needs no second one."""
SAME_FACE_IOU = 0.4
"""Detections with this intersection over union show the same face."""


@dataclass(frozen=True, slots=True)
class TeacherLabels:
    """Faces that the teacher found in one photo.

    Attributes:
        sure: Reliable faces, the most certain first.
        unsure: Possible faces, neither used for training nor counted as errors.
        upright: Whether the upright copies were enough.
    """

    sure: Squares
    unsure: Squares
    upright: bool


def teach(pixels: Pixels) -> TeacherLabels:
    """Find the faces of a photo.

    Args:
        pixels: H × W × 3, uint8, RGB.
    """
    views = [_find(pixels, size) for size in SIZES]
    labels = _vote(views, upright=True)
    if len(labels.sure):
        return labels
    views += [_find(pixels, TURNED_SIZE, turn) for turn in TURNS]
    views += [_find(_gamma(pixels, gamma), TURNED_SIZE) for gamma in GAMMAS]
    return _vote(views, upright=False)


@cache
def _detector() -> Any:
    return frontal()


def _find(pixels: Pixels, size: int, degrees: float = 0.0) -> Squares:
    """Return squares in px of `pixels`, and scores; N × 4."""
    height, width = pixels.shape[:2]
    scale = size / max(height, width)
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, scale)
    out_w, out_h = _canvas(width * scale, height * scale, degrees)
    matrix[:, 2] += (out_w / 2 - width / 2, out_h / 2 - height / 2)
    copy = cv2.warpAffine(pixels, matrix, (out_w, out_h), flags=cv2.INTER_LINEAR)
    boxes, scores, _ = _detector().run(copy, 0, 0.0)
    back = cv2.invertAffineTransform(matrix)
    found = []
    for box, score in zip(boxes, scores, strict=True):
        x, y = back @ (box.left() + box.width() / 2, box.top() + box.height() / 2, 1.0)
        found.append((x, y, box.width() / scale, score))
    return np.asarray(found, dtype=np.float32).reshape(-1, 4)


def _canvas(width: float, height: float, degrees: float) -> tuple[int, int]:
    sin, cos = abs(math.sin(math.radians(degrees))), abs(math.cos(math.radians(degrees)))
    return math.ceil(width * cos + height * sin), math.ceil(width * sin + height * cos)


def _gamma(pixels: Pixels, gamma: float) -> Pixels:
    table = (255 * (np.arange(256) / 255) ** gamma).astype(np.uint8)
    return np.asarray(cv2.LUT(pixels, table), dtype=np.uint8)


def _vote(views: list[Squares], upright: bool) -> TeacherLabels:
    rows = [(*find, view) for view, finds in enumerate(views) for find in finds]
    rows.sort(key=lambda row: -row[3])
    left = np.asarray(rows, dtype=np.float32).reshape(-1, 5)
    sure: list[tuple[float, ...]] = []
    unsure: list[tuple[float, ...]] = []
    while len(left):
        same = overlap(left[:1, :3], left[:, :3])[0] >= SAME_FACE_IOU
        same[0] = True
        group, left = left[same], left[~same]
        votes = len(set(group[:, 4]))
        is_sure = votes >= 2 or group[0, 3] >= SURE_SCORE
        (sure if is_sure else unsure).append((votes, *group[:, :3].mean(axis=0)))
    sure.sort(key=lambda face: -face[0])
    return TeacherLabels(squares([f[1:] for f in sure]), squares([f[1:] for f in unsure]), upright)

"""dlib at many sizes, and on turned and brightened copies: the boxes that the network learns from.

One size of dlib's detector has false faces and misses; what several sizes agree on is right.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import cv2
import dlib
import numpy as np

from training.proposals.square import Squares, overlap, squares
from worker.decode import Pixels

SIZES = (320, 480, 640)
"""Longest sides in px of the copies that are searched."""
TURNS = (-20.0, 20.0, -38.0, 38.0)
"""Degrees that copies are turned by when the upright ones show nothing."""
TURNED_SIZE = 600
GAMMAS = (0.45, 1.8)
SURE_SCORE = 0.6
"""A single find of this score is believed without a second."""
SAME = 0.4
"""Finds that overlap by this (intersection over union) are of one face."""


@dataclass(frozen=True, slots=True)
class Taught:
    """What the teacher says about one photo.

    Attributes:
        sure: Faces, the most certain first.
        unsure: What may be faces: neither learned from nor counted as mistakes.
        upright: The upright copies were enough.
    """

    sure: Squares
    unsure: Squares
    upright: bool


def teach(pixels: Pixels) -> Taught:
    """Find the faces of a photo, at any cost.

    Args:
        pixels: H × W × 3, uint8, RGB.
    """
    views = [_find(pixels, size) for size in SIZES]
    taught = _agreed(views, upright=True)
    if len(taught.sure):
        return taught
    views += [_find(pixels, TURNED_SIZE, turn) for turn in TURNS]
    views += [_find(_gamma(pixels, gamma), TURNED_SIZE) for gamma in GAMMAS]
    return _agreed(views, upright=False)


@cache
def _detector() -> dlib.fhog_object_detector:
    return dlib.get_frontal_face_detector()


def _find(pixels: Pixels, size: int, degrees: float = 0.0) -> Squares:
    """N × 4: squares in px of `pixels`, and scores."""
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


def _agreed(views: list[Squares], upright: bool) -> Taught:
    rows = [(*find, view) for view, finds in enumerate(views) for find in finds]
    rows.sort(key=lambda row: -row[3])
    left = np.asarray(rows, dtype=np.float32).reshape(-1, 5)
    sure: list[tuple[float, ...]] = []
    unsure: list[tuple[float, ...]] = []
    while len(left):
        alike = overlap(left[:1, :3], left[:, :3])[0] >= SAME
        alike[0] = True
        group, left = left[alike], left[~alike]
        votes = len(set(group[:, 4]))
        believed = votes >= 2 or group[0, 3] >= SURE_SCORE
        (sure if believed else unsure).append((votes, *group[:, :3].mean(axis=0)))
    sure.sort(key=lambda face: -face[0])
    return Taught(squares([f[1:] for f in sure]), squares([f[1:] for f in unsure]), upright)

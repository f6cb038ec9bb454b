"""What the model looks at: each place is covered in turn, and the probability asked again."""

from __future__ import annotations

import math

import numpy as np

from worker.classify import Classifier
from worker.explain.explanation import Map
from worker.photo import Pixels

CELL = 8
"""Side of a place in px of the crop."""
PATCH = 40
"""Side of the gray square that covers it: hides one eye. One of 24 px leaves the model unmoved."""
FULL = 1.0
"""Change of the logit that is shown at full strength; less is not blown up to look like much."""
_GRAY = 128
_LEAST = 1e-9
"""So near to certain, the logit is still a number."""


def heat(classifier: Classifier, crop: Pixels) -> Map:
    """By how much the logit of glasses falls when a place is covered.

    Args:
        classifier: The model.
        crop: size × size × 3, uint8, RGB.

    Returns:
        n × n for places of `CELL` px, the mean over all squares that cover the place.
    """
    size = crop.shape[0]
    count = math.ceil(size / CELL)
    starts = [(row, column) for row in range(count) for column in range(count)]
    half = (PATCH - CELL) // 2
    covered = []
    for row, column in starts:
        picture = crop.copy()
        top, left = row * CELL - half, column * CELL - half
        picture[max(0, top) : top + PATCH, max(0, left) : left + PATCH] = _GRAY
        covered.append(picture)
    whole, *rest = (logit(p) for p in classifier([crop, *covered]))
    total, seen = np.zeros((count, count)), np.zeros((count, count))
    reach = half // CELL
    for (row, column), value in zip(starts, rest, strict=True):
        rows = slice(max(0, row - reach), row + reach + 1)
        columns = slice(max(0, column - reach), column + reach + 1)
        total[rows, columns] += whole - value
        seen[rows, columns] += 1
    return np.asarray(total / seen)


def strengths(found: Map) -> Map:
    """A heat map as -1 … 1, for people."""
    return np.asarray(found / max(float(np.abs(found).max()), FULL))


def logit(probability: float) -> float:
    """Log odds, of a probability that is not quite certain."""
    p = min(max(probability, _LEAST), 1 - _LEAST)
    return math.log(p / (1 - p))

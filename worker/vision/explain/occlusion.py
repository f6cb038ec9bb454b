"""Occlusion maps: cover each cell of a crop in turn and measure how the probability changes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from worker.vision.classify import FaceProbabilities
from worker.vision.explain.explanation import Map
from worker.vision.photo import Pixels

CELL = 8
"""Side of a cell in px of the crop."""
PATCH = 40
"""Side of the gray square that covers a cell. It hides one eye; 24 px do not affect the model."""
FULL = 1.0
"""Change of the logit that is drawn at full strength; a map with smaller changes is paler."""
_GRAY = 128
_MIN_PROBABILITY = 1e-9
"""Keeps the logit of certain probabilities finite."""


def heat(classify: Callable[[Sequence[Pixels]], list[FaceProbabilities]], crop: Pixels) -> Map:
    """Return how much the logit of glasses drops when each cell is covered.

    Args:
        classify: Returns the probabilities of crops, at full size: the calibrations of two sizes
            differ.
        crop: size × size × 3, uint8, RGB.

    Returns:
        n × n for cells of `CELL` px: the mean over all squares that cover the cell.
    """
    size = crop.shape[0]
    count = math.ceil(size / CELL)
    cells = [(row, column) for row in range(count) for column in range(count)]
    margin = (PATCH - CELL) // 2
    covered = []
    for row, column in cells:
        picture = crop.copy()
        top, left = row * CELL - margin, column * CELL - margin
        picture[max(0, top) : top + PATCH, max(0, left) : left + PATCH] = _GRAY
        covered.append(picture)
    baseline, *logits = (logit(p.glasses) for p in classify([crop, *covered]))
    drops, squares = np.zeros((count, count)), np.zeros((count, count))
    reach = margin // CELL
    for (row, column), value in zip(cells, logits, strict=True):
        rows = slice(max(0, row - reach), row + reach + 1)
        columns = slice(max(0, column - reach), column + reach + 1)
        drops[rows, columns] += baseline - value
        squares[rows, columns] += 1
    return np.asarray(drops / squares)


def strengths(found: Map) -> Map:
    """Scale a heat map to -1 … 1 for drawing."""
    return np.asarray(found / max(float(np.abs(found).max()), FULL))


def logit(probability: float) -> float:
    """Return the log odds of a probability, clipped to finite values."""
    p = min(max(probability, _MIN_PROBABILITY), 1 - _MIN_PROBABILITY)
    return math.log(p / (1 - p))

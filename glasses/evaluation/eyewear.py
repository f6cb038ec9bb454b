"""Three classes: no glasses, eyeglasses and sunglasses, by label and verdict."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from glasses.protocol.eyewear import Eyewear

Matrix = npt.NDArray[np.int64]
"""… × 3 × 3: numbers of photos by label and verdict, in the order of `CLASSES`."""
Figures = npt.NDArray[np.float64]

CLASSES = tuple(Eyewear)
DRAWS = 1000
_SEED = 0
_ENDS = (0.025, 0.975)
_INDEX = {eyewear: number for number, eyewear in enumerate(CLASSES)}


def matrix_of(pairs: Iterable[tuple[Eyewear, Eyewear]]) -> Matrix:
    """Count pairs of label and verdict."""
    counts = np.zeros((3, 3), dtype=np.int64)
    for label, verdict in pairs:
        counts[_INDEX[label], _INDEX[verdict]] += 1
    return counts


def class_f1(matrix: Matrix) -> Figures:
    """Return the F1 of each class, … × 3; not a number for a class without labels."""
    hits = np.diagonal(matrix, axis1=-2, axis2=-1)
    labels, verdicts = matrix.sum(-1), matrix.sum(-2)
    return np.where(labels > 0, 2 * hits / np.maximum(labels + verdicts, 1), np.nan)


def macro_f1(matrix: Matrix) -> Figures:
    """Return the mean F1 of the classes that have labels."""
    return np.asarray(np.nanmean(class_f1(matrix), axis=-1))


def macro_f1_interval(matrix: Matrix) -> tuple[float, float]:
    """Return the 95 % interval of the macro F1 over photos."""
    photos = int(matrix.sum())
    shares = matrix.reshape(-1) / photos
    drawn = np.random.default_rng(_SEED).multinomial(photos, shares, size=DRAWS)
    return _interval(drawn.reshape(DRAWS, 3, 3))


def grouped_macro_f1_interval(
    pairs: Sequence[tuple[Eyewear, Eyewear]], groups: Sequence[str]
) -> tuple[float, float]:
    """Return the 95 % interval of the macro F1 over people, as errors correlate within a person.

    Args:
        pairs: Label and verdict of each photo.
        groups: The person in each photo.
    """
    _, member = np.unique(np.array(groups), return_inverse=True)
    people = int(member.max()) + 1
    cell = np.array([3 * _INDEX[label] + _INDEX[verdict] for label, verdict in pairs])
    counts = np.bincount(member * 9 + cell, minlength=9 * people).reshape(people, 9)
    rng = np.random.default_rng(_SEED)
    drawn = rng.multinomial(people, np.full(people, 1 / people), size=DRAWS)
    return _interval((drawn @ counts).reshape(DRAWS, 3, 3))


def _interval(drawn: Matrix) -> tuple[float, float]:
    low, high = np.quantile(macro_f1(drawn), _ENDS)
    return float(low), float(high)

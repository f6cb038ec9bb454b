"""The confusion matrix of verdicts and labels, its ratios, and Wilson's interval."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt
from typing import Self

_Z = 1.959963984540054
"""Quantile of the standard normal distribution for 95 %."""


@dataclass(frozen=True, slots=True)
class Confusion:
    """Numbers of photos by verdict and label.

    Attributes:
        true_positives: With glasses and a positive verdict.
        false_positives: Without glasses, but with a positive verdict.
        false_negatives: With glasses, but with a negative verdict.
        true_negatives: Without glasses and with a negative verdict.
    """

    true_positives: int
    false_positives: int
    false_negatives: int
    true_negatives: int

    @classmethod
    def of(cls, pairs: Iterable[tuple[bool, bool]]) -> Self:
        """Count pairs of verdict and label."""
        counts = {(v, t): 0 for v in (True, False) for t in (True, False)}
        for pair in pairs:
            counts[pair] += 1
        return cls(
            counts[True, True], counts[True, False], counts[False, True], counts[False, False]
        )

    @property
    def photos(self) -> int:
        """Return the number of photos."""
        return self.positives + self.false_positives + self.true_negatives

    @property
    def positives(self) -> int:
        """Return the number of photos labelled as with glasses."""
        return self.true_positives + self.false_negatives

    @property
    def positive_verdicts(self) -> int:
        """Return the number of photos with a positive verdict."""
        return self.true_positives + self.false_positives

    @property
    def correct(self) -> int:
        """Return the number of photos whose verdict is the label."""
        return self.true_positives + self.true_negatives

    @property
    def precision(self) -> float | None:
        """Return the share of positive verdicts that are correct; None without any."""
        return ratio(self.true_positives, self.positive_verdicts)

    @property
    def recall(self) -> float | None:
        """Return the share of photos with glasses that are found; None without any."""
        return ratio(self.true_positives, self.positives)

    @property
    def accuracy(self) -> float | None:
        """Return the share of correct verdicts; None without photos."""
        return ratio(self.correct, self.photos)

    @property
    def f1(self) -> float | None:
        """Return the harmonic mean of precision and recall; None without photos with glasses.

        It would be 0 then however few of the others have a positive verdict.
        """
        if not self.positives:
            return None
        return ratio(2 * self.true_positives, self.positive_verdicts + self.positives)


def ratio(part: int, whole: int) -> float | None:
    """Return a share; None if it would divide by zero."""
    return part / whole if whole else None


def wilson(part: int, whole: int) -> tuple[float, float] | None:
    """Return the 95 % interval of a share (Wilson 1927); None if `whole` is 0."""
    if not whole:
        return None
    share, square = part / whole, _Z * _Z
    middle = share + square / (2 * whole)
    half = _Z * sqrt(share * (1 - share) / whole + square / (4 * whole * whole))
    scale = 1 + square / whole
    # At both ends the formula is exact, but its floating-point result is not.
    low = 0.0 if part == 0 else (middle - half) / scale
    high = 1.0 if part == whole else (middle + half) / scale
    return low, high

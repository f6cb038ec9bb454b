"""Photos ranked by probability: the precision–recall and ROC curves and their areas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Ranking:
    """The counts at every distinct threshold, the highest first. Every array has N + 1 items.

    Attributes:
        thresholds: Infinity, where no verdict is positive, and then each distinct value.
        true_positives: Number of positive photos at or above the threshold.
        false_positives: Likewise of negative photos.
    """

    thresholds: Array
    true_positives: Counts
    false_positives: Counts

    @classmethod
    def of(cls, values: Array, labels: Flags) -> Self:
        """Rank photos.

        Args:
            values: N; photos without a value that no threshold reaches rank below all others.
            labels: N.
        """
        order = np.argsort(-values, kind="stable")
        ranked, positive = values[order], labels[order]
        last = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True)[: len(ranked)])
        hits = np.cumsum(positive)[last]
        return cls(
            np.concatenate([[np.inf], ranked[last]]),
            np.concatenate([[0], hits]),
            np.concatenate([[0], last + 1 - hits]),
        )

    @property
    def precision(self) -> Array:
        """Return the precision at each threshold; 1 where no verdict is positive."""
        positive = self.true_positives + self.false_positives
        return np.where(positive > 0, self.true_positives / np.maximum(positive, 1), 1.0)

    @property
    def recall(self) -> Array:
        """Return the recall at each threshold."""
        return np.asarray(self.true_positives / max(int(self.true_positives[-1]), 1))

    @property
    def false_positive_rate(self) -> Array:
        """Return the share of photos without glasses that have a positive verdict."""
        return np.asarray(self.false_positives / max(int(self.false_positives[-1]), 1))

    @property
    def has_both_labels(self) -> bool:
        """Return whether there are positive and negative photos."""
        return bool(self.true_positives[-1] and self.false_positives[-1])

    @property
    def pr_area(self) -> float | None:
        """Return the average precision: the area under the stepped precision–recall curve."""
        if not self.has_both_labels:
            return None
        return float(np.sum(np.diff(self.recall) * self.precision[1:]))

    @property
    def roc_area(self) -> float | None:
        """Return the area under the ROC curve."""
        if not self.has_both_labels:
            return None
        return float(np.trapezoid(self.recall, self.false_positive_rate))

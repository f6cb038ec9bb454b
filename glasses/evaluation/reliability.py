"""Calibration: how well probabilities match the share of photos with glasses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
BINS = 10


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """The photos whose probability is in one tenth of the range.

    Attributes:
        low: Lowest probability of the bin.
        predicted: Mean probability.
        observed: Share of photos with glasses.
        photos: Number of photos.
        positives: Number of those with glasses.
    """

    low: float
    predicted: float
    observed: float
    photos: int
    positives: int


def reliability(
    values: Array, labels: Flags, weights: Array | None = None
) -> tuple[list[ReliabilityBin], float | None]:
    """Return the bins that contain photos, and the expected calibration error.

    Args:
        values: N probabilities, of photos in which a face was found.
        labels: N.
        weights: N; None weights all photos equally.

    Returns:
        The error is the mean difference of predicted and observed, weighted by photos; None without
        photos.
    """
    weights = np.ones(len(values)) if weights is None else weights
    index = np.minimum((values * BINS).astype(np.int64), BINS - 1)
    bins, error = [], 0.0
    for i in range(BINS):
        chosen = index == i
        weight = float(weights[chosen].sum())
        if weight == 0:
            continue
        predicted = float((weights[chosen] * values[chosen]).sum() / weight)
        observed = float((weights[chosen] * labels[chosen]).sum() / weight)
        photos, positives = int(chosen.sum()), int(labels[chosen].sum())
        bins.append(ReliabilityBin(i / BINS, predicted, observed, photos, positives))
        error += weight * abs(predicted - observed)
    return bins, error / float(weights.sum()) if bins else None

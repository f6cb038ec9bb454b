"""Figures of a report beyond one threshold: areas, thresholds, reliability.

Everything except the areas is weighted as in `training.common.calibration`: as if one photo in five
showed glasses.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from glasses.evaluation import reliability as calibration_bins
from glasses.evaluation.ranking import Ranking
from glasses.protocol.groups import UNSURE
from training.common.calibration import SHARE

Array = npt.NDArray[np.float64]
Labels = npt.NDArray[np.bool_]

THRESHOLDS = np.round(np.linspace(0.05, 0.95, 19), 2)


def areas(values: Array, labels: Labels) -> dict[str, float | None]:
    """Return the areas under the precision–recall and ROC curves; None without both labels."""
    ranking = Ranking.of(values, labels)
    pr, roc = ranking.pr_area, ranking.roc_area
    return {
        "pr": None if pr is None else round(pr, 5),
        "roc": None if roc is None else round(roc, 5),
    }


def sweep(values: Array, labels: Labels) -> list[dict[str, float]]:
    """Return precision, recall and F1 at many thresholds."""
    weights = _weights(labels)
    lines = []
    for threshold in THRESHOLDS:
        called = values >= threshold
        hits, all_called = weights[called & labels].sum(), weights[called].sum()
        positives = weights[labels].sum()
        lines.append(
            {
                "threshold": float(threshold),
                "precision": round(float(hits / max(all_called, 1e-12)), 4),
                "recall": round(float(hits / max(positives, 1e-12)), 4),
                "f1": round(float(2 * hits / max(all_called + positives, 1e-12)), 4),
            }
        )
    return lines


def reliability(values: Array, labels: Labels) -> dict[str, Any]:
    """Return the share of glasses per bin of probability, and the mean calibration error.

    Args:
        values: N, of photos in which a face was found.
        labels: N.
    """
    bins, error = calibration_bins.reliability(values, labels, _weights(labels))
    return {
        "bins": [
            {
                "predicted": round(each.predicted, 4),
                "observed": round(each.observed, 4),
                "photos": each.photos,
            }
            for each in bins
        ],
        "error": round(error or 0.0, 5),
    }


def unsure(values: Array, labels: Labels, threshold: float) -> dict[str, float | int | list[float]]:
    """Return how many photos, and how many wrong verdicts, are in the unsure band.

    Args:
        values: N, of photos in which a face was found.
        labels: N.
        threshold: Glasses at this probability and above.
    """
    low, high = UNSURE
    inside = (values >= low) & (values < high)
    wrong = (values >= threshold) != labels
    return {
        "band": [low, high],
        "share": round(float(inside.mean()), 4),
        "photos": int(inside.sum()),
        "wrong_inside": int((wrong & inside).sum()),
        "wrong_outside": int((wrong & ~inside).sum()),
    }


def _weights(labels: Labels) -> Array:
    share = float(labels.mean())
    if share in {0.0, 1.0}:
        return np.ones(len(labels))
    return np.where(labels, SHARE / share, (1 - SHARE) / (1 - share))

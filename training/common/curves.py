"""Probabilities and labels -> what a report says beyond one threshold.

Everything but the areas is weighed as in `training.calibrate`: as if one photo in five showed
glasses.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import average_precision_score, roc_auc_score

from glasses.groups import UNSURE
from training.calibrate import SHARE

Array = npt.NDArray[np.float64]
Labels = npt.NDArray[np.bool_]

THRESHOLDS = np.round(np.linspace(0.05, 0.95, 19), 2)
BINS = 10


def areas(values: Array, labels: Labels) -> dict[str, float | None]:
    """Areas under the precision–recall and the ROC curve; None where one label lacks."""
    if labels.all() or not labels.any():
        return {"pr": None, "roc": None}
    return {
        "pr": round(float(average_precision_score(labels, values)), 5),
        "roc": round(float(roc_auc_score(labels, values)), 5),
    }


def sweep(values: Array, labels: Labels) -> list[dict[str, float]]:
    """Precision, recall and F1 at many thresholds."""
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
    """How often photos of a probability wear glasses, and how far off that is on average.

    Args:
        values: N, of photos in which a face was found.
        labels: N.
    """
    weights = _weights(labels)
    place = np.minimum((values * BINS).astype(np.int64), BINS - 1)
    bins, error = [], 0.0
    for i in range(BINS):
        chosen = place == i
        weight = weights[chosen].sum()
        if weight == 0:
            continue
        said = float((weights[chosen] * values[chosen]).sum() / weight)
        true = float((weights[chosen] * labels[chosen]).sum() / weight)
        bins.append({"said": round(said, 4), "true": round(true, 4), "photos": int(chosen.sum())})
        error += float(weight) * abs(said - true)
    return {"bins": bins, "error": round(error / float(weights.sum()), 5)}


def unsure(values: Array, labels: Labels, threshold: float) -> dict[str, float | int | list[float]]:
    """What a pile's owner gains by looking at the photos in the unsure band himself.

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

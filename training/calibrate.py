"""Logits on validation photos -> temperature and bias, and the threshold to release.

Training sets hold as many people with glasses as without; piles of photos hold 5 to 50 %. So the
photos are weighed as if one in five were positive before anything is fitted: probability 0.5
then means an even chance in such a pile.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from worker.manifest import Calibration

Array = npt.NDArray[np.float64]
Labels = npt.NDArray[np.bool_]

SHARE = 0.2
"""Positive photos in the pile that probabilities are calibrated for."""
SHARES = (0.05, 0.1, 0.2, 0.35, 0.5)
"""Piles that the threshold must serve, all alike."""
TOLERANCE = 0.0005
"""Thresholds whose score is this close to the best are as good: the middle of them is taken."""
CANDIDATES = np.linspace(0.02, 0.98, 97)


def fit_calibration(logits: Array, labels: Labels) -> Calibration:
    """Temperature and bias of least weighted log loss (Guo et al. 2017).

    Args:
        logits: N, finite: photos in which a face was found.
        labels: N.
    """
    weights = np.where(labels, SHARE / labels.mean(), (1 - SHARE) / (1 - labels.mean()))
    line = LogisticRegression(C=1e6).fit(logits[:, None], labels, weights)
    slope, bias = float(line.coef_[0, 0]), float(line.intercept_[0])
    return Calibration(temperature=round(1 / slope, 4), bias=round(bias, 4))


def probabilities(logits: Array, calibration: Calibration) -> Array:
    """As `worker.classify.probabilities`, and 0 where no face was found (minus infinity)."""
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-(logits / calibration.temperature + calibration.bias)))


def f1_at(share: float, recall: float, false_alarms: float) -> float:
    """F1 in a pile with a given share of positives.

    Args:
        share: Of photos with glasses, 0..1.
        recall: Share of those that are found.
        false_alarms: Share of the others that are called positive.
    """
    hits = share * recall
    return 2 * hits / (hits + (1 - share) * false_alarms + share)


def choose_threshold(values: Array, labels: Labels) -> float:
    """The threshold of highest mean F1 over piles of `SHARES`.

    Args:
        values: N probabilities, 0 where no face was found.
        labels: N.
    """
    scores = []
    for threshold in CANDIDATES:
        called = values >= threshold
        recall, false_alarms = float(called[labels].mean()), float(called[~labels].mean())
        scores.append(np.mean([f1_at(share, recall, false_alarms) for share in SHARES]))
    good = CANDIDATES[np.array(scores) >= max(scores) - TOLERANCE]
    return round(float(np.median(good)), 2)

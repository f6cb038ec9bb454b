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
    if not slope:  # all logits are alike, as those of a network that has hardly begun to learn
        slope, bias = 1.0, bias - float(logits.mean())
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
    """The threshold of highest expected F1, the mean over piles of `SHARES`.

    Expected by the calibrated probabilities, not counted: a validation part holds so few false
    alarms that in a pile with 5 % positives a single one moves F1 by 0.7 points, and the counted
    optimum is a matter of luck. Of the labels only the shares are used.

    Args:
        values: N probabilities, calibrated for `SHARE`; 0 where no face was found.
        labels: N.
    """
    expected = [_expected_f1(values, labels, share) for share in SHARES]
    mean = np.mean(expected, axis=0)
    return round(float(np.median(CANDIDATES[mean >= mean.max() - TOLERANCE])), 2)


def _expected_f1(values: Array, labels: Labels, share: float) -> Array:
    # One photo's probability in a pile with another share of positives (Saerens et al. 2002).
    odds = share / (1 - share) * (1 - SHARE) / SHARE
    posterior = odds * values / (odds * values + 1 - values)
    weights = np.where(labels, share / labels.mean(), (1 - share) / (1 - labels.mean()))
    called = values >= CANDIDATES[:, None]
    hits = (called * weights * posterior).sum(1)
    alarms = (called * weights * (1 - posterior)).sum(1)
    positives = share * len(values)  # those without a face are among them: missed for certain
    return np.asarray(2 * hits / (hits + alarms + positives))

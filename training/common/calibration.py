"""Calibration: temperature, bias and threshold, from logits of validation photos.

Half of the photos of training sets show glasses; in collections it is 5 to 50 %. Photos are
therefore weighted as if one in five were positive: probability 0.5 then means an even chance in
such a collection.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from worker.vision.model_manifest import Calibration

Array = npt.NDArray[np.float64]
Labels = npt.NDArray[np.bool_]

SHARE = 0.2
"""Share of positive photos that probabilities are calibrated for."""
SHARES = (0.05, 0.1, 0.2, 0.35, 0.5)
"""Shares of positive photos over which the threshold is optimized, with equal weight."""
TOLERANCE = 0.0005
"""Thresholds whose score is this close to the best are equivalent; the median of them is used."""
CANDIDATES = np.linspace(0.02, 0.98, 97)
MIN_MISTAKES = 5
"""Mistakes that determine a temperature. Photos without mistakes fit better the closer their
probabilities are to 0 and 1, so the fit would end at probabilities that no photo justifies."""
_FARTHEST = 100.0
"""Beyond every bias in logits."""


@dataclass(frozen=True, slots=True)
class Fit:
    """A calibration, and what it rests on.

    Attributes:
        calibration: Temperature and bias.
        photos: Number of photos.
        mistakes: Number of them on the wrong side of probability 0.5.
        temperature_kept: Whether the temperature was kept, because of too few mistakes.
    """

    calibration: Calibration
    photos: int
    mistakes: int
    temperature_kept: bool

    @property
    def basis(self) -> dict[str, int | bool]:
        """What the calibration rests on, for the report."""
        return {
            "photos": self.photos,
            "mistakes": self.mistakes,
            "temperature_kept": self.temperature_kept,
        }


def fit_calibration(
    logits: Array, labels: Labels, temperature: float = 1.0, share: float = SHARE
) -> Fit:
    """Return temperature and bias of minimal weighted log loss (Guo et al. 2017).

    Args:
        logits: N, finite: photos in which a face was found.
        labels: N, both values.
        temperature: Kept if fewer than `MIN_MISTAKES` photos are mistakes; only the bias is fitted
            then.
        share: Share of positive photos that the probabilities are meant for.
    """
    weights = np.where(labels, share / labels.mean(), (1 - share) / (1 - labels.mean()))
    line = LogisticRegression(C=1e6).fit(logits[:, None], labels, weights)
    slope, bias = float(line.coef_[0, 0]), float(line.intercept_[0])
    mistakes = int(((slope * logits + bias >= 0) != labels).sum())
    # Without a positive slope, as of a barely trained network, there is no temperature.
    kept = mistakes < MIN_MISTAKES or slope <= 0
    if kept:
        bias = _bias(logits / temperature, labels, weights)
    calibration = Calibration(
        temperature=temperature if kept else round(1 / slope, 4), bias=round(bias, 4)
    )
    return Fit(calibration, len(labels), mistakes, kept)


def _bias(logits: Array, labels: Labels, weights: Array) -> float:
    """Return the bias of minimal weighted log loss: mean probability and share of labels agree."""
    low, high = -_FARTHEST, _FARTHEST
    while high - low > 1e-6:
        middle = (low + high) / 2
        if (weights * (_sigmoid(logits + middle) - labels)).sum() > 0:
            high = middle
        else:
            low = middle
    return (low + high) / 2


def probabilities(logits: Array, calibration: Calibration) -> Array:
    """Return probabilities as the worker computes them; 0 for minus infinity (no face found)."""
    return _sigmoid(logits / calibration.temperature + calibration.bias)


def _sigmoid(values: Array) -> Array:
    with np.errstate(over="ignore"):
        return np.asarray(1 / (1 + np.exp(-values)))


def f1_at(share: float, recall: float, false_alarms: float) -> float:
    """Return the F1 in a collection with a given share of positives.

    Args:
        share: Share of photos with glasses, 0..1.
        recall: Share of those that are found.
        false_alarms: Share of the others that are classified as positive.
    """
    hits = share * recall
    return 2 * hits / (hits + (1 - share) * false_alarms + share)


def choose_threshold(values: Array, labels: Labels) -> float:
    """Return the threshold with the highest expected F1, averaged over `SHARES`.

    The F1 is computed from calibrated probabilities instead of labels: a validation part has so few
    false alarms that at 5 % positives a single one changes F1 by 0.7 points, which would make the
    optimum random. Labels are used only for their shares.

    Args:
        values: N probabilities, calibrated for `SHARE`; 0 where no face was found.
        labels: N.
    """
    expected = [_expected_f1(values, labels, share) for share in SHARES]
    mean = np.mean(expected, axis=0)
    return round(float(np.median(CANDIDATES[mean >= mean.max() - TOLERANCE])), 2)


def _expected_f1(values: Array, labels: Labels, share: float) -> Array:
    # A photo's probability at another share of positives (Saerens et al. 2002).
    odds = share / (1 - share) * (1 - SHARE) / SHARE
    posterior = odds * values / (odds * values + 1 - values)
    weights = np.where(labels, share / labels.mean(), (1 - share) / (1 - labels.mean()))
    called = values >= CANDIDATES[:, None]
    hits = (called * weights * posterior).sum(1)
    alarms = (called * weights * (1 - posterior)).sum(1)
    positives = share * len(values)  # includes photos without a face, which are always missed
    return np.asarray(2 * hits / (hits + alarms + positives))

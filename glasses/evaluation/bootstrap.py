"""The bootstrap interval of F1."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from glasses.evaluation.confusion import Confusion

Flags = npt.NDArray[np.bool_]
DRAWS = 1000
_SEED = 0
_ENDS = (0.025, 0.975)


def f1_interval(counts: Confusion) -> tuple[float, float] | None:
    """Return the 95 % interval of F1 over photos; None without photos.

    The drawn photos are only counted, so drawing the counts is the same as drawing photos.
    """
    if not counts.photos:
        return None
    cells = [
        counts.true_positives,
        counts.false_positives,
        counts.false_negatives,
        counts.true_negatives,
    ]
    shares = np.array(cells) / counts.photos
    drawn = np.random.default_rng(_SEED).multinomial(counts.photos, shares, size=DRAWS)
    return _interval(drawn[:, 0], drawn[:, 1], drawn[:, 2])


def grouped_f1_interval(
    verdicts: Flags, labels: Flags, groups: Sequence[str] | npt.NDArray[np.str_]
) -> tuple[float, float]:
    """Return the 95 % interval of F1 over people, as errors correlate within a person.

    Args:
        verdicts: N; whether each is positive.
        labels: N.
        groups: N; the person in each photo.
    """
    _, member = np.unique(np.array(groups), return_inverse=True)
    people = int(member.max()) + 1
    outcomes = (verdicts & labels, verdicts & ~labels, ~verdicts & labels)
    counts = np.stack([np.bincount(member, weights=kind, minlength=people) for kind in outcomes])
    rng = np.random.default_rng(_SEED)
    drawn = rng.multinomial(people, np.full(people, 1 / people), size=DRAWS)
    true_positives, false_positives, false_negatives = counts @ drawn.T
    return _interval(true_positives, false_positives, false_negatives)


def _interval(
    true_positives: npt.NDArray[np.float64] | npt.NDArray[np.int64],
    false_positives: npt.NDArray[np.float64] | npt.NDArray[np.int64],
    false_negatives: npt.NDArray[np.float64] | npt.NDArray[np.int64],
) -> tuple[float, float]:
    twice = 2 * true_positives
    whole = twice + false_positives + false_negatives
    drawn = whole > 0  # F1 is undefined where neither labels nor verdicts of glasses were drawn
    low, high = np.quantile(twice[drawn] / whole[drawn], _ENDS) if drawn.any() else (0.0, 0.0)
    return float(low), float(high)

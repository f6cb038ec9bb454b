"""Choose a threshold for given costs of mistakes, or for a wanted precision or recall."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from glasses.evaluation.confusion import Confusion
from glasses.evaluation.ranking import Ranking

Rank = Callable[[Confusion], tuple[float, ...] | None]
"""Returns how good the counts at a threshold are; None: not acceptable."""


def cheapest(cost_false_positive: float, cost_false_negative: float) -> Rank:
    """Return the rank by the total cost of the mistakes, the lowest being the best."""

    def rank(counts: Confusion) -> tuple[float, ...]:
        return (-cost(counts, cost_false_positive, cost_false_negative),)

    return rank


def cost(counts: Confusion, of_false_positive: float, of_false_negative: float) -> float:
    """Return the total cost of the mistakes."""
    return of_false_positive * counts.false_positives + of_false_negative * counts.false_negatives


def at_least_precision(wanted: float) -> Rank:
    """Return the rank by recall among the thresholds that have a wanted precision."""

    def rank(counts: Confusion) -> tuple[float, ...] | None:
        precision = counts.precision
        if precision is None or precision < wanted:
            return None
        return counts.recall or 0.0, precision

    return rank


def at_least_recall(wanted: float) -> Rank:
    """Return the rank by precision among the thresholds that have a wanted recall."""

    def rank(counts: Confusion) -> tuple[float, ...] | None:
        if (counts.recall or 0.0) < wanted:
            return None
        return counts.precision or 0.0, counts.recall or 0.0

    return rank


def choose_threshold(ranking: Ranking, rank: Rank) -> tuple[float, Confusion] | None:
    """Return the best threshold and its counts; None if no threshold is acceptable.

    Of equally good thresholds, one in the widest gap between probabilities is returned, so a small
    change of a probability changes no verdict.
    """
    positives, negatives = int(ranking.true_positives[-1]), int(ranking.false_positives[-1])
    # Photos without a face have negative values, which no threshold reaches.
    values = [float(value) for value in ranking.thresholds if value >= 0]
    best: tuple[tuple[float, ...], float, float, float, Confusion] | None = None
    for position, value in enumerate(values):
        below = values[position + 1] if position + 1 < len(values) else 0.0
        high = 1.0 if np.isinf(value) else value
        if np.isinf(value) and below >= 1:
            continue  # even the highest threshold calls some photos
        hits, alarms = int(ranking.true_positives[position]), int(ranking.false_positives[position])
        counts = Confusion(hits, alarms, positives - hits, negatives - alarms)
        goodness = rank(counts)
        if goodness is not None and (best is None or (goodness, high - below) > (best[0], best[1])):
            best = goodness, high - below, below, high, counts
    if best is None:
        return None
    _, _, low, high, counts = best
    return _between(low, high), counts


def _between(low: float, high: float) -> float:
    """Return the middle of (low, high] with as few decimals as possible."""
    for decimals in range(2, 8):
        middle = round((low + high) / 2, decimals)
        if low < middle <= high:
            return middle
    return high

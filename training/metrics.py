"""Verdicts and labels -> the numbers that a report shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

import numpy as np
import numpy.typing as npt

from training.calibrate import SHARES, f1_at

Flags = npt.NDArray[np.bool_]
DRAWS = 1000


class Scores(TypedDict):
    """One line of a report; counts are of photos.

    Recall is that of the detector times that of the classifier: of the people with glasses, the
    share in whose photo a face was found, and of those the share that was called positive.
    """

    photos: int
    positives: int
    no_face: int
    no_face_positives: int
    true_positives: int
    false_positives: int
    false_negatives: int
    detector_recall: float | None
    classifier_recall: float | None
    precision: float | None
    recall: float | None
    f1: float | None


def scores(called: Flags, labels: Flags, has_face: Flags) -> Scores:
    """Count.

    Args:
        called: N; the verdict was glasses.
        labels: N; they wear glasses.
        has_face: N; a face was found.

    Returns:
        The counts; precision, recall and F1 are None where they divide by zero.
    """
    hits = int((called & labels).sum())
    alarms = int((called & ~labels).sum())
    misses = int((~called & labels).sum())
    return {
        "photos": len(labels),
        "positives": int(labels.sum()),
        "no_face": int((~has_face).sum()),
        "no_face_positives": int((~has_face & labels).sum()),
        "true_positives": hits,
        "false_positives": alarms,
        "false_negatives": misses,
        "detector_recall": _ratio(int((has_face & labels).sum()), int(labels.sum())),
        "classifier_recall": _ratio(hits, int((has_face & labels).sum())),
        "precision": _ratio(hits, hits + alarms),
        "recall": _ratio(hits, hits + misses),
        "f1": _ratio(2 * hits, 2 * hits + alarms + misses),
    }


def f1_by_share(called: Flags, labels: Flags) -> dict[str, float]:
    """F1 if the share of photos with glasses were another one; nothing if one label lacks."""
    if labels.all() or not labels.any():
        return {}
    recall, false_alarms = float(called[labels].mean()), float(called[~labels].mean())
    return {str(share): round(f1_at(share, recall, false_alarms), 4) for share in SHARES}


def f1_interval(called: Flags, labels: Flags, groups: Sequence[str]) -> tuple[float, float]:
    """95 % interval of F1, by drawing people (not photos: one person's photos err together).

    Args:
        called: N verdicts.
        labels: N.
        groups: N; who each photo shows.
    """
    _, member = np.unique(np.array(groups), return_inverse=True)
    people = int(member.max()) + 1
    kinds = (called & labels, called & ~labels, ~called & labels)
    counts = np.stack([np.bincount(member, weights=kind, minlength=people) for kind in kinds])
    rng = np.random.default_rng(0)
    drawn = rng.multinomial(people, np.full(people, 1 / people), size=DRAWS)
    hits, alarms, misses = counts @ drawn.T
    low, high = np.quantile(2 * hits / np.maximum(2 * hits + alarms + misses, 1), (0.025, 0.975))
    return round(float(low), 4), round(float(high), 4)


def _ratio(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None

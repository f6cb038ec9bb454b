"""Figures of a report at one threshold: precision, recall and F1."""

from __future__ import annotations

from typing import TypedDict

import numpy as np
import numpy.typing as npt

from glasses.evaluation.confusion import Confusion, ratio
from training.common.calibration import SHARES, f1_at

Flags = npt.NDArray[np.bool_]


class Scores(TypedDict):
    """One line of a report; counts are numbers of photos.

    Recall is the product of the detector's (share of the people with glasses in whose photo a face
    was found) and the classifier's (share of those that were classified as positive).
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
    """Return counts and ratios of verdicts.

    Args:
        called: N; whether the verdict is glasses.
        labels: N; whether the main person wears glasses.
        has_face: N; whether a face was found.

    Returns:
        The figures; ratios are None where they would divide by zero.
    """
    counts = Confusion(
        int((called & labels).sum()),
        int((called & ~labels).sum()),
        int((~called & labels).sum()),
        int((~called & ~labels).sum()),
    )
    with_face = int((has_face & labels).sum())
    return {
        "photos": counts.photos,
        "positives": counts.positives,
        "no_face": int((~has_face).sum()),
        "no_face_positives": counts.positives - with_face,
        "true_positives": counts.true_positives,
        "false_positives": counts.false_positives,
        "false_negatives": counts.false_negatives,
        "detector_recall": _rounded(ratio(with_face, counts.positives)),
        "classifier_recall": _rounded(ratio(counts.true_positives, with_face)),
        "precision": _rounded(counts.precision),
        "recall": _rounded(counts.recall),
        "f1": _rounded(counts.f1),
    }


def f1_by_share(called: Flags, labels: Flags) -> dict[str, float]:
    """Return the F1 at other shares of photos with glasses; nothing without both labels."""
    if labels.all() or not labels.any():
        return {}
    recall, false_alarms = float(called[labels].mean()), float(called[~labels].mean())
    return {str(share): round(f1_at(share, recall, false_alarms), 4) for share in SHARES}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)

"""Calibration and figures of the whole pipeline on photos unseen in training."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import numpy.typing as npt

from glasses.evaluation.bootstrap import grouped_f1_interval
from training.classifier.scoring import Scorer
from training.classifier.served_faces import ServedFaces
from training.common.calibration import Fit, choose_threshold, fit_calibration, probabilities
from training.common.curves import areas, reliability, sweep, unsure
from training.common.metrics import f1_by_share, scores
from worker.vision.model_manifest import Calibration

OVERALL = "overall"
WHOLE_PHOTOS = "whole photos"
CURVES = "curves.png"
LEAVE_ONE_OUT = "leave-one-out.json"


def calibrate(
    scorer: Scorer, validation: ServedFaces, temperature: float = 1.0
) -> tuple[Fit, float]:
    """Return a network's calibration and threshold, from photos that it was not trained on.

    Args:
        scorer: The network.
        validation: The photos.
        temperature: That of the release from which training started, see `fit_calibration`.
    """
    all_logits = scorer(validation.crops)
    confirmed, logits = validation.faces_that_count(all_logits)
    with_face = confirmed.has_face
    fit = fit_calibration(
        confirmed.highest(logits)[with_face], confirmed.labels[with_face], temperature
    )
    settled, logits = validation.faces_that_count(all_logits, fit.calibration)
    values = probabilities(settled.highest(logits), fit.calibration)
    return fit, choose_threshold(values, validation.labels)


def evaluate(
    scorer: Scorer,
    calibration: Calibration,
    threshold: float,
    test: ServedFaces,
    aligned: Collection[str],
) -> dict[str, Any]:
    """Evaluate the whole pipeline; a photo without a face is negative.

    Args:
        scorer: The network.
        calibration: Its calibration.
        threshold: Glasses at this probability and above.
        test: Photos unseen in training.
        aligned: Datasets that hold face crops, not whole photos.

    Returns:
        `by_dataset`: figures of each dataset, of the whole photos and of all (see
        `metrics.Scores`); and over all photos the figures of `training.common.curves`.
    """
    test, logits = test.faces_that_count(scorer(test.crops), calibration)
    values = probabilities(test.highest(logits), calibration)
    called = values >= threshold
    names = np.array([sample.dataset for sample in test.samples])
    parts: dict[str, npt.NDArray[np.bool_]] = {
        str(name): names == name for name in np.unique(names)
    }
    parts[WHOLE_PHOTOS] = ~np.isin(names, list(aligned))
    parts[OVERALL] = np.ones(len(names), dtype=np.bool_)
    groups = np.array([sample.group for sample in test.samples])
    by_dataset: dict[str, Any] = {}
    for name, chosen in parts.items():
        if not chosen.any():
            continue
        verdicts, labels = called[chosen], test.labels[chosen]
        by_dataset[name] = {
            **scores(verdicts, labels, test.has_face[chosen]),
            "areas": areas(values[chosen], labels),
            "f1_interval": _rounded(grouped_f1_interval(verdicts, labels, groups[chosen])),
        }
    labels, with_face = test.labels, test.has_face
    return {
        "by_dataset": by_dataset,
        "f1_by_share": f1_by_share(called, labels),
        "areas": areas(values, labels),
        "sweep": sweep(values, labels),
        "reliability": reliability(values[with_face], labels[with_face]),
        "unsure": unsure(values[with_face], labels[with_face], threshold),
    }


def mistakes(
    scorer: Scorer, calibration: Calibration, threshold: float, test: ServedFaces
) -> list[dict[str, Any]]:
    """Return every wrong verdict, for a person to check: photo, label, probability, face found."""
    test, logits = test.faces_that_count(scorer(test.crops), calibration)
    values = probabilities(test.highest(logits), calibration)
    wrong = [int(i) for i in np.flatnonzero((values >= threshold) != test.labels)]
    return [
        {
            "photo": test.samples[i].name,
            "has_glasses": test.samples[i].has_glasses,
            "probability": round(float(values[i]), 4),
            "face_found": bool(test.has_face[i]),
        }
        for i in wrong
    ]


def _rounded(interval: tuple[float, float]) -> tuple[float, float]:
    low, high = interval
    return round(low, 4), round(high, 4)

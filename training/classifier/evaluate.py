"""Photos of people the network has not seen -> verdicts -> a report."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import numpy.typing as npt

from training.calibrate import choose_threshold, fit_calibration, probabilities
from training.curves import areas, reliability, sweep, unsure
from training.metrics import f1_by_share, f1_interval, scores
from training.scoring import Scorer
from training.served import Served
from worker.manifest import Calibration

OVERALL = "overall"
WHOLE_PHOTOS = "whole photos"


def calibrate(scorer: Scorer, validation: Served) -> tuple[Calibration, float]:
    """Calibration and threshold of a network, from photos that it was not trained on."""
    every = scorer(validation.crops)
    sure, logits = validation.settled(every)
    seen = sure.has_face
    calibration = fit_calibration(sure.highest(logits)[seen], sure.labels[seen])
    settled, logits = validation.settled(every, calibration)
    values = probabilities(settled.highest(logits), calibration)
    return calibration, choose_threshold(values, validation.labels)


def evaluate(
    scorer: Scorer,
    calibration: Calibration,
    threshold: float,
    test: Served,
    aligned: Collection[str],
) -> dict[str, Any]:
    """Judge the whole pipeline, no face = no glasses.

    Args:
        scorer: The network.
        calibration: Its calibration.
        threshold: Glasses at this probability and above.
        test: Photos of people it has not seen.
        aligned: Datasets that hold face crops, not whole photos.

    Returns:
        A line for each dataset, for the whole photos and for all (see `metrics.Scores`), and
        over all photos what `training.curves` says beyond the one threshold.
    """
    test, logits = test.settled(scorer(test.crops), calibration)
    values = probabilities(test.highest(logits), calibration)
    called = values >= threshold
    names = np.array([sample.dataset for sample in test.samples])
    parts: dict[str, npt.NDArray[np.bool_]] = {
        str(name): names == name for name in np.unique(names)
    }
    parts[WHOLE_PHOTOS] = ~np.isin(names, list(aligned))
    parts[OVERALL] = np.ones(len(names), dtype=np.bool_)
    groups = np.array([sample.group for sample in test.samples])
    report: dict[str, Any] = {}
    for name, chosen in parts.items():
        if not chosen.any():
            continue
        verdicts, labels = called[chosen], test.labels[chosen]
        report[name] = {
            **scores(verdicts, labels, test.has_face[chosen]),
            "areas": areas(values[chosen], labels),
            "f1_interval": f1_interval(verdicts, labels, list(groups[chosen])),
        }
    labels, seen = test.labels, test.has_face
    return {
        "by_dataset": report,
        "f1_by_share": f1_by_share(called, labels),
        "areas": areas(values, labels),
        "sweep": sweep(values, labels),
        "reliability": reliability(values[seen], labels[seen]),
        "unsure": unsure(values[seen], labels[seen], threshold),
    }


def mistakes(
    scorer: Scorer, calibration: Calibration, threshold: float, test: Served
) -> list[dict[str, Any]]:
    """Every wrong verdict, for a person to look at: photo, label, probability, face found."""
    test, logits = test.settled(scorer(test.crops), calibration)
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

"""Stage `evaluate`: calibrate and evaluate both networks, write report and curves."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from training.classifier import robustness
from training.classifier.evaluate import CURVES, calibrate, evaluate, mistakes
from training.classifier.reduced_pass import (
    REDUCED_PASS,
    fit_reduced_pass,
    served_scorer,
    settled_share,
)
from training.classifier.scoring import OnnxScorer, Scorer
from training.classifier.served_faces import ServedFaces, read_served
from training.common import splits
from training.common.atomic_file import write_json
from training.common.calibration import probabilities
from training.common.copies import count_copies
from training.common.geometry import MARGIN, SIZE
from training.common.photos import detector_version, read, served_crops
from training.common.plots import plot
from training.common.progress import log
from training.common.run_files import read_json
from training.common.sample import Sample
from training.common.stages import evaluate_run
from training.common.workspace import Workspace
from worker.vision.detect.cascade import LOW_CONFIDENCE
from worker.vision.pipeline import GLASSES_CONFIDENCE, PIPELINE_VERSION

VERSION = 6
"""Increase it when the report gets new content: older reports are then written again."""
SPEED_PHOTOS = 100


def run(work: Workspace, processes: int, threshold: float | None = None) -> None:
    """Calibrate on the validation part and evaluate on the test part.

    Args:
        work: The run.
        processes: Number of processes that find faces.
        threshold: The threshold of the release; None takes the one that validation determines.
    """

    def figures() -> dict[str, Any]:
        validation, test = faces(work, splits.VALIDATION), faces(work, splits.TEST)
        some = robustness.choose(test.samples, work.aligned)
        corrupted = robustness.corrupted(some, work.report.with_name("robustness.npz"), processes)
        int8 = evaluate_network(work, work.int8, validation, test, corrupted, threshold)
        return {
            "split": work.split,
            "validation_photos": len(validation.samples),
            "copies": count_copies(test.samples),
            "unknown_people": unknown_people(test.samples),
            "corrected_labels": len(work.corrections),
            "int8": int8,
            "fp32": evaluate_network(work, work.fp32, validation, test, threshold=threshold),
            "photos_per_second": photos_per_second(
                served_scorer(OnnxScorer(work.int8), int8), some
            ),
        }

    labels = [(s.name, s.has_glasses, work.part_of[s.name]) for s in work.samples]
    pipeline = [
        PIPELINE_VERSION,
        detector_version(),
        SIZE,
        MARGIN,
        LOW_CONFIDENCE,
        GLASSES_CONFIDENCE,
        threshold,
        REDUCED_PASS,
    ]
    evaluate_run(work, "quantize", work.terms, [VERSION, labels, *pipeline], figures)


def unknown_people(samples: Sequence[Sample]) -> dict[str, int]:
    """Return how many photos of each dataset are of nobody known."""
    counts = dict.fromkeys(sorted({sample.dataset for sample in samples}), 0)
    for sample in samples:
        counts[sample.dataset] += sample.identity is None
    return counts


def faces(work: Workspace, part: str) -> ServedFaces:
    """Return the faces of one part of the split."""
    return read_served(work.datasets, work.photos(part), work.crops)


def evaluate_network(
    work: Workspace,
    network: Path,
    validation: ServedFaces,
    test: ServedFaces,
    corrupted: dict[str, ServedFaces] | None = None,
    threshold: float | None = None,
) -> dict[str, Any]:
    """Calibrate a network on the validation part and evaluate it on the test part.

    Args:
        work: Where mistakes and curves are written.
        network: The ONNX file.
        validation: Photos that determine calibration and threshold.
        test: Photos to evaluate on.
        corrupted: Photos for the table of robustness; None writes neither table nor curves.
        threshold: The threshold; None uses the one that the validation part determines.
    """
    scorer = OnnxScorer(network)
    start = read_json(work.network_facts, "quantize")["start"]
    fit, own = calibrate(scorer, validation, start.get("temperature", 1.0))
    calibration = fit.calibration
    threshold = own if threshold is None else threshold
    first = fit_reduced_pass(scorer, validation)
    result: dict[str, Any] = {
        "threshold": threshold,
        "own_threshold": own,
        "calibration": calibration.model_dump(),
        "calibration_basis": fit.basis,
        "reduced_pass": first.model_dump() if first else None,
    }
    served = served_scorer(scorer, result)
    result |= evaluate(served, calibration, threshold, test, work.aligned)
    if first is not None:
        result["settled"] = settled_share(first, scorer, test)
        alone = evaluate(scorer, calibration, threshold, test, work.aligned)
        result["full_size_only"] = alone["by_dataset"]
    wrong = mistakes(served, calibration, threshold, test)
    write_json(work.report.parent / f"mistakes-{network.stem}.json", wrong)
    for name, line in result["by_dataset"].items():
        log(
            f"{network.stem} {name:20} n {line['photos']:5} precision {line['precision']} "
            f"recall {line['recall']} F1 {line['f1']} no face {line['no_face']}"
        )
    if corrupted is not None:
        result["robustness"] = robustness.table(served, calibration, threshold, corrupted)
        for name, line in result["robustness"].items():
            log(f"{network.stem} {name:20} F1 {line['f1']} faces lost {line['no_face']}")
        settled, logits = test.faces_that_count(served(test.crops), calibration)
        values = probabilities(settled.highest(logits), calibration)
        if test.labels.any() and not test.labels.all():
            plot(values, test.labels, result, work.report.with_name(CURVES))
    return result


def photos_per_second(scorer: Scorer, samples: list[Sample]) -> float:
    """Measure photos per second from bytes to verdict, one after another on one core."""
    some = samples[:: max(1, len(samples) // SPEED_PHOTOS)]
    start = time.perf_counter()
    for sample in some:
        photo = read(sample.path)
        if photo is None:
            continue
        crops = [crop for crop, _ in served_crops(photo)]
        if crops:
            scorer(np.stack(crops))
    return round(len(some) / (time.perf_counter() - start), 1)

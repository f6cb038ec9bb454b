"""Networks and photos -> report and curves."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import numpy as np

from training import robustness, splits
from training.cache import file_hash, fingerprint, finish, is_fresh
from training.calibrate import probabilities
from training.evaluate import calibrate, evaluate, mistakes
from training.geometry import MARGIN, SIZE
from training.look import detector_version, read
from training.plots import plot
from training.progress import say
from training.release import CURVES
from training.sample import Sample
from training.scoring import Scorer
from training.served import Served, crops_in, serve_datasets
from training.workspace import Workspace, need, write_json
from worker.detect.cascade import DOUBTFUL
from worker.pipeline import PIPELINE_VERSION, SURE

VERSION = 3
"""Raise it when the report says more: reports of before are made anew."""
SPEED_PHOTOS = 100


def run(work: Workspace, processes: int) -> None:
    """Calibrate on the validation part, judge on the test part, both networks."""
    need(work.int8, "quantize")
    terms = {dataset.name: dataset.terms for dataset in work.datasets}
    labels = [(s.name, s.has_glasses, work.part_of[s.name]) for s in work.samples]
    networks = [file_hash(path) for path in (work.int8, work.fp32)]
    how = [PIPELINE_VERSION, detector_version(), SIZE, MARGIN, DOUBTFUL, SURE]
    key = fingerprint([VERSION, terms, labels, networks, *how])
    stamp = work.report.with_suffix(".done")
    if is_fresh(stamp, key) and work.report.is_file():
        say("evaluate: up to date")
        return
    validation = faces(work, splits.VALIDATION, processes)
    test = faces(work, splits.TEST, processes)
    aligned = {dataset.name for dataset in work.datasets if dataset.aligned}
    some = robustness.choose(test.samples, aligned)
    spoiled = robustness.spoiled(some, work.report.with_name("robustness.npz"), processes)
    report = {
        "network": json.loads(need(work.network_facts, "quantize").read_text()),
        "datasets": terms,
        "split": work.split,
        "validation_photos": len(validation.samples),
        "corrected_labels": len(work.corrections),
        "int8": judge(work, work.int8, validation, test, spoiled),
        "fp32": judge(work, work.fp32, validation, test),
        "photos_per_second": photos_per_second(Scorer(work.int8), some),
    }
    write_json(work.report, report)
    finish(stamp, key)


def faces(work: Workspace, part: str, processes: int) -> Served:
    """The faces of one part of the split."""
    return serve_datasets(work.datasets, work.photos(part), work.faces, processes)


def judge(
    work: Workspace,
    network: Path,
    validation: Served,
    test: Served,
    spoiled: dict[str, Served] | None = None,
    threshold: float | None = None,
) -> dict[str, Any]:
    """Calibrate a network on the validation part, judge it on the test part.

    Args:
        work: Where the mistakes and the curves go.
        network: The ONNX file.
        validation: Photos that choose calibration and threshold.
        test: Photos that judge.
        spoiled: Photos for the table of robustness, if one is wanted.
        threshold: To judge at; the one that the validation part chooses if not given.
    """
    scorer = Scorer(network)
    calibration, own = calibrate(scorer, validation)
    threshold = own if threshold is None else threshold
    aligned = {dataset.name for dataset in work.datasets if dataset.aligned}
    result = evaluate(scorer, calibration, threshold, test, aligned)
    result |= {
        "threshold": threshold,
        "own_threshold": own,
        "calibration": calibration.model_dump(),
    }
    wrong = mistakes(scorer, calibration, threshold, test)
    write_json(work.report.parent / f"mistakes-{network.stem}.json", wrong)
    for name, line in result["by_dataset"].items():
        say(
            f"{network.stem} {name:20} n {line['photos']:5} precision {line['precision']} "
            f"recall {line['recall']} F1 {line['f1']} no face {line['no_face']}"
        )
    if spoiled is not None:
        result["robustness"] = robustness.table(scorer, calibration, threshold, spoiled)
        for name, line in result["robustness"].items():
            say(f"{network.stem} {name:20} F1 {line['f1']} faces lost {line['no_face']}")
        settled, logits = test.settled(scorer(test.crops), calibration)
        values = probabilities(settled.highest(logits), calibration)
        if test.labels.any() and not test.labels.all():
            plot(values, test.labels, result, work.report.with_name(CURVES))
    return result


def photos_per_second(scorer: Scorer, samples: list[Sample]) -> float:
    """From bytes to verdict on one core, one photo after another."""
    some = samples[:: max(1, len(samples) // SPEED_PHOTOS)]
    start = time.perf_counter()
    for sample in some:
        photo = read(sample.path)
        if photo is None:
            continue
        found = [crop for crop, _ in crops_in(photo)]
        if found:
            scorer(np.stack(found))
    return round(len(some) / (time.perf_counter() - start), 1)

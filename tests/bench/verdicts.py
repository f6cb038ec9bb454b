"""Compare verdicts of the pipeline with different detectors: `python -m tests.bench.verdicts DATA`.

Each pipeline classifies the photos of the test split, from bytes to verdict; `serving` is the one
that workers run. A table is written to stderr, JSON to stdout.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections import Counter
from pathlib import Path

from training.common.corrections import correct
from training.common.sample import Sample
from training.common.splits import TEST
from training.common.workspace import Workspace
from training.detector.reference import ReferenceDetector
from worker.vision import model_store
from worker.vision.classify import OnnxClassifier
from worker.vision.detect import Detector, HogDetector
from worker.vision.detect.any_orientation import AnyOrientationDetector
from worker.vision.detect.cascade import CascadeDetector, CascadePolicy
from worker.vision.model_manifest import ProposalManifest
from worker.vision.pipeline import Pipeline

KINDS = ("true_true", "false_true", "true_false", "false_false")
"""Correct or not, and the verdict on glasses."""


class FullDlibCascade(CascadeDetector):
    """Confirms every face with dlib's full detector, not only where its frontal part missed it."""

    def __init__(
        self, network: bytes, manifest: ProposalManifest, policy: CascadePolicy = CascadePolicy.ALL
    ) -> None:
        super().__init__(network, manifest, policy)
        self._upright = self._frontal


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.verdicts", description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--limit", type=int, help="maximum photos per dataset")
    parser.add_argument("--runs", type=Path, default=Path("runs/training"))
    parser.add_argument("--model", default="default")
    parser.add_argument("--aligned", action="store_true", help="add the datasets of face crops")
    parser.add_argument("--corrections", type=Path, help="CSV file of corrected labels")
    parser.add_argument("--only", nargs="*", help="detectors to measure (default: all)")
    options = parser.parse_args()
    classifier = OnnxClassifier(model_store.load(options.model))
    detectors: dict[str, Detector] = {
        "serving": AnyOrientationDetector.load(),
        "reference": ReferenceDetector(),
        "ladder": HogDetector(),
        **{f"cascade-{policy}": CascadeDetector.load(policy) for policy in CascadePolicy},
        "cascade-all, full dlib": FullDlibCascade.load(),
    }
    detectors = {n: d for n, d in detectors.items() if not options.only or n in options.only}
    work = Workspace(options.data, options.runs, corrections_file=options.corrections)
    photos = photos_of_test_split(work, options.limit, options.aligned)
    result = {
        name: verdicts(Pipeline(detector, classifier), photos)
        for name, detector in detectors.items()
    }
    sys.stdout.write(json.dumps(result, indent=2) + "\n")


def photos_of_test_split(
    work: Workspace, limit: int | None, aligned: bool = False
) -> list[list[Sample]]:
    """Return the photos of the test split, with the corrected labels.

    Args:
        work: The datasets and their labels.
        limit: Maximum number of photos per dataset.
        aligned: Also datasets of face crops, not only of whole photos.

    Returns:
        One list per dataset.
    """
    return [
        _sample([s for s in correct(d.samples, work.corrections) if is_test(work, s)], limit)
        for d in work.datasets
        if aligned or not d.aligned
    ]


def is_test(work: Workspace, sample: Sample) -> bool:
    """Return whether a photo is in the test split."""
    return work.part_of[sample.name] == TEST


def _sample(samples: list[Sample], limit: int | None) -> list[Sample]:
    is_over = limit is not None and len(samples) > limit
    return random.Random(2).sample(samples, limit or 0) if is_over else samples


def verdicts(pipeline: Pipeline, datasets: list[list[Sample]]) -> dict[str, dict[str, float]]:
    """Return F1 of the positives and error counts by dataset; the last key is `all`."""
    total: Counter[str] = Counter()
    result = {}
    spent = 0.0
    for samples in datasets:
        if not samples:
            continue
        counts: Counter[str] = Counter()
        for sample in samples:
            data = sample.path.read_bytes()
            start = time.process_time()
            outcome = pipeline(data)
            spent += time.process_time() - start
            highest = max((face.probability for face in outcome.faces), default=0.0)
            verdict = highest >= pipeline.threshold
            kind = ("true" if verdict == sample.has_glasses else "false") + f"_{verdict}".lower()
            counts[kind] += 1
            counts["no_face"] += not outcome.faces
        total += counts
        result[samples[0].dataset] = _figures(counts)
    result["all"] = _figures(total)
    result["all"]["ms"] = round(1000 * spent / result["all"]["photos"], 2)
    for name, line in result.items():
        sys.stderr.write(f"{pipeline.model:40} {name:20} {line}\n")
    return result


def _figures(counts: Counter[str]) -> dict[str, float]:
    hits, false_alarms, misses = (counts[k] for k in ("true_true", "false_true", "false_false"))
    f1 = 2 * hits / (2 * hits + false_alarms + misses) if hits else 0.0
    return {
        "photos": sum(counts[kind] for kind in KINDS),
        "f1": round(f1, 4),
        "errors": false_alarms + misses,
        "false_positives": false_alarms,
        "false_negatives": misses,
        "no_face": counts["no_face"],
    }


if __name__ == "__main__":
    main()

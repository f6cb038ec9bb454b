"""`python -m tests.bench.verdicts DATA`: is a verdict better for the faces that a detector finds?

The whole pipeline, from bytes to verdict, with each detector in turn, on the whole photos of the
test part. A table goes to standard error, JSON to standard output.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections import Counter
from pathlib import Path

from training.proposals.reference import ReferenceDetector
from training.sample import Sample
from training.splits import TEST
from training.workspace import Workspace
from worker import model_store
from worker.classify import OnnxClassifier
from worker.detect import Detector, HogDetector
from worker.detect.cascade import CascadeDetector, Policy
from worker.manifest import ProposalManifest
from worker.pipeline import Pipeline

KINDS = ("true_true", "false_true", "true_false", "false_false")
"""Right or wrong, and what was said."""


class WholeCascade(CascadeDetector):
    """Asks dlib's whole detector about every face at once, not only where the smaller saw none."""

    def __init__(
        self, network: bytes, manifest: ProposalManifest, policy: Policy = Policy.ALL
    ) -> None:
        super().__init__(network, manifest, policy)
        self._upright = self._frontal


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.verdicts", description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--limit", type=int, help="photos of each dataset at most")
    parser.add_argument("--runs", type=Path, default=Path("runs/training"))
    parser.add_argument("--model", default="default")
    parser.add_argument("--only", nargs="*", help="names of detectors")
    options = parser.parse_args()
    classifier = OnnxClassifier(model_store.load(options.model))
    detectors: dict[str, Detector] = {
        "reference": ReferenceDetector(),
        "ladder": HogDetector(),
        **{f"cascade-{policy}": CascadeDetector.load(policy) for policy in Policy},
        "cascade-all, whole dlib": WholeCascade.load(),
    }
    detectors = {n: d for n, d in detectors.items() if not options.only or n in options.only}
    photos = whole_photos(options.data, options.runs, options.limit)
    result = {
        name: verdicts(Pipeline(detector, classifier), photos)
        for name, detector in detectors.items()
    }
    sys.stdout.write(json.dumps(result, indent=2) + "\n")


def whole_photos(data: Path, runs: Path, limit: int | None) -> list[list[Sample]]:
    """The photos of the test part, a list a dataset; of each at most so many."""
    work = Workspace(data, runs)
    return [
        _some([s for s in d.samples if work.part_of[s.name] == TEST], limit)
        for d in work.datasets
        if not d.aligned
    ]


def _some(samples: list[Sample], limit: int | None) -> list[Sample]:
    few = limit is not None and len(samples) > limit
    return random.Random(2).sample(samples, limit or 0) if few else samples


def verdicts(pipeline: Pipeline, datasets: list[list[Sample]]) -> dict[str, dict[str, float]]:
    """Dataset -> right and wrong verdicts and F1 of the positives; `all` last."""
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
            said = highest >= pipeline.threshold
            kind = ("true" if said == sample.has_glasses else "false") + f"_{said}".lower()
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
    right, wrong, missed = counts["true_true"], counts["false_true"], counts["false_false"]
    f1 = 2 * right / (2 * right + wrong + missed) if right else 0.0
    return {
        "photos": sum(counts[kind] for kind in KINDS),
        "f1": round(f1, 4),
        "errors": wrong + missed,
        "false_positives": wrong,
        "false_negatives": missed,
        "no_face": counts["no_face"],
    }


if __name__ == "__main__":
    main()

"""Measure recall, false positives and speed of detectors: `python -m tests.bench.recall DATA`.

The baseline (dlib at full size, then enlarged twice), the size ladder and the cascade with both
policies process the same photos, alternating. DATA is a folder of labelled datasets. Only its test
split is used, whose people are not in the training split. `--face-free` is a folder of photos
without faces. A table is written to stderr, JSON to stdout. The first run detects the known faces
of all of DATA, which takes long, and stores them in the runs folder.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from tests.bench.group_photos import group_photos
from training.common.workspace import Workspace
from training.detector import comparison
from training.detector.evaluate import evaluate
from training.detector.reference import ReferenceDetector
from training.detector.stages import label_faces
from training.detector.workspace import DetectorWorkspace
from worker.vision.detect import Detector, HogDetector
from worker.vision.detect.cascade import CascadeDetector, CascadePolicy


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.recall", description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--limit", type=int, help="maximum photos per dataset")
    parser.add_argument("--face-free", type=Path, help="folder of photos without faces")
    parser.add_argument("--runs", type=Path, default=Path("runs/training"))
    parser.add_argument("--network", type=Path, help="folder of another proposal network")
    parser.add_argument("--only", help="names of detectors to run, separated by commas")
    options = parser.parse_args()
    space = DetectorWorkspace(Workspace(options.data, options.runs), options.face_free)
    label_faces(space, processes=2)
    compared: dict[str, Detector] = {
        "reference": ReferenceDetector(),
        "ladder": HogDetector(),
        **{f"cascade-{p}": CascadeDetector.load(p, options.network) for p in CascadePolicy},
    }
    if options.only:
        compared = {name: compared[name] for name in options.only.split(",")}
    figures = evaluate(space, compared, options.limit)
    figures["groups"] = {
        name: measure_groups(name, detector, options.limit or 60, space)
        for name, detector in compared.items()
    }
    sys.stdout.write(json.dumps(figures, indent=2) + "\n")


def measure_groups(
    name: str, detector: Detector, count: int, space: DetectorWorkspace
) -> dict[str, float]:
    """Return recall, false positives and ms per photo on rendered group photos."""
    line, found, listed = comparison.ComparisonRow(), 0, 0
    for pixels, faces in group_photos(space, count):
        hits, unlisted = comparison.timed(detector, pixels, faces, line)
        found, listed = found + hits, listed + len(faces)
        line.unlisted.append(unlisted)
    result = {
        "photos": count,
        "faces": listed,
        "found": found,
        "recall": round(found / listed, 4),
        "unlisted": sum(line.unlisted),
        "ms": round(line.ms, 2),
    }
    sys.stderr.write(f"{'groups':20} {name:14} {result}\n")
    return result


if __name__ == "__main__":
    main()

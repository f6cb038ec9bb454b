"""`python -m tests.bench [FOLDER]`: photos a second and milliseconds a stage, on one core.

Without a folder it takes the demo photos. Times are of this machine and this moment: compare only
figures of the same run.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import defaultdict
from pathlib import Path

from glasses.outcome import Outcome
from glasses.walk import walk
from worker import model_store
from worker.classify import OnnxClassifier
from worker.crop import crop
from worker.decode import decode
from worker.detect import HogDetector
from worker.errors import PhotoError
from worker.pipeline import Pipeline

DEMO = Path(__file__).parents[2] / "demo" / "photos"


def main() -> None:
    """Measure and print a table, and JSON on request."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=DEMO)
    parser.add_argument("--limit", type=int, default=200, help="photos at most (default: 200)")
    parser.add_argument("--rounds", type=int, default=3, help="the median round counts")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    data = [source.path.read_bytes() for source in walk([str(options.folder)])][: options.limit]
    rounds = sorted((measure(data) for _ in range(options.rounds)), key=lambda r: r["photos/s"])
    result = rounds[len(rounds) // 2]
    if options.json:
        sys.stdout.write(json.dumps(result) + "\n")
        return
    for name, value in result.items():
        sys.stdout.write(f"{name:<22}{value:>10.2f}\n")


def measure(data: list[bytes]) -> dict[str, float]:
    """One round: the whole pipeline, then its stages apart."""
    pipeline = Pipeline.load("default")
    start = time.perf_counter()
    outcomes = pipeline.classify([pipeline.find(photo) for photo in data])
    seconds = time.perf_counter() - start
    return {
        "photos": len(data),
        "faces": sum(len(outcome.faces) for outcome in outcomes),
        "photos with a face": sum(bool(outcome.faces) for outcome in outcomes),
        "failed": sum(outcome.status == "failed" for outcome in outcomes),
        "photos/s": len(data) / seconds,
        **stages(data, outcomes),
    }


def stages(data: list[bytes], outcomes: list[Outcome]) -> dict[str, float]:
    """Milliseconds a photo in each stage (classification: a face)."""
    detector, classifier = HogDetector(), OnnxClassifier(model_store.load("default"))
    spent: dict[str, float] = defaultdict(float)
    crops = []
    for photo in data:
        start = time.perf_counter()
        try:
            pixels = decode(photo).pixels
        except PhotoError:
            continue
        finally:
            spent["decode"] += time.perf_counter() - start
        start = time.perf_counter()
        faces = detector(pixels)
        spent["detect"] += time.perf_counter() - start
        start = time.perf_counter()
        spec = classifier.input
        crops += [crop(pixels, face, spec.size, spec.crop_margin) for face in faces]
        spent["crop"] += time.perf_counter() - start
    start = time.perf_counter()
    classifier(crops)
    classified = time.perf_counter() - start
    result = {f"{name} ms/photo": 1000 * value / len(data) for name, value in spent.items()}
    faces_found = max(1, sum(len(outcome.faces) for outcome in outcomes))
    return result | {"classify ms/face": 1000 * classified / faces_found}


if __name__ == "__main__":
    main()

"""Count low-confidence faces that the classifier confirms.

Run `python -m tests.bench.low_confidence DATA --face-free FOLDER`. DATA is a folder of labelled
datasets, FOLDER holds photos without faces. Of the photos without a face above `accept_threshold`,
this counts those in which the multi-view vote finds a face that the classifier is sure wears
glasses, for several thresholds of the vote.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import cv2

from training.common.splits import TEST, TRAIN, VALIDATION
from training.common.workspace import Workspace
from training.detector import face_free
from worker.vision import model_store
from worker.vision.classify import OnnxClassifier
from worker.vision.crop import crop_face
from worker.vision.decode import decode
from worker.vision.detect.cascade import CascadeDetector
from worker.vision.errors import PhotoError
from worker.vision.pipeline import GLASSES_CONFIDENCE

THRESHOLDS = (0.4, 0.35, 0.3, 0.25, 0.2)
"""Of the vote."""
PARTS = (TRAIN, VALIDATION, TEST)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.low_confidence", description=__doc__
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--face-free", type=Path, required=True, help="photos without faces")
    parser.add_argument("--runs", type=Path, default=Path("runs/training"))
    options = parser.parse_args()
    cv2.setNumThreads(1)
    score = VoteScore()
    totals: Counter[tuple[str, str]] = Counter()
    confirmed: Counter[tuple[float, str, str]] = Counter()
    for part, kind, path in photos(options.data, options.runs, options.face_free):
        found = score(path)
        if found is None:
            continue
        totals[part, kind] += 1
        for threshold in THRESHOLDS:
            confirmed[threshold, part, kind] += found >= threshold
    for threshold in THRESHOLDS:
        for part in PARTS:
            counts = "  ".join(
                f"{kind} {confirmed[threshold, part, kind]}/{totals[part, kind]}"
                for kind in ("with glasses", "without", "without a face")
            )
            sys.stdout.write(f"threshold {threshold}  {part:10}  {counts}\n")


def photos(data: Path, runs: Path, face_free_folder: Path) -> Iterator[tuple[str, str, Path]]:
    """Yield split, kind and path of all photos."""
    work = Workspace(data, runs)
    for dataset in work.datasets:
        for sample in dataset.samples:
            kind = "with glasses" if sample.has_glasses else "without"
            yield work.part_of[sample.name], kind, sample.path
    for part in PARTS:
        paths: Iterable[Path] = face_free.paths(face_free_folder, part)
        yield from ((part, "without a face", path) for path in paths)


class VoteScore:
    """Computes the vote's score for a face that the classifier is sure wears glasses."""

    def __init__(self) -> None:
        self._detector = CascadeDetector.load()
        self._classifier = OnnxClassifier(model_store.load("default"))

    def __call__(self, path: Path) -> float | None:
        """Return the score, 0 to 1; 0 without such a face, None if the detector accepts a face."""
        try:
            photo = decode(path.read_bytes())
            if any(not face.low_confidence for face in self._detector(photo)):
                return None
            best = self._detector.vote_on_views(photo)
        except PhotoError:
            return None
        if best is None:
            return 0.0
        spec = self._classifier.input
        (found,) = self._classifier([crop_face(photo, best[1], spec.size, spec.crop_margin)])
        return best[0] if found.glasses >= GLASSES_CONFIDENCE else 0.0


if __name__ == "__main__":
    main()

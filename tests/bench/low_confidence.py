"""`python -m tests.bench.doubtful DATA --face-free FOLDER`: faces that the classifier tells.

Of all photos in which the detector is sure of no face, those in which a face of the last look
counts because the classifier is sure of glasses, by where the last look begins to ask it. DATA is
a folder of labelled datasets, FOLDER holds photos without any face.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import cv2

from training.proposals import face_free
from training.splits import TEST, TRAIN, VALIDATION
from training.workspace import Workspace
from worker import model_store
from worker.classify import OnnxClassifier
from worker.decode import decode
from worker.detect.cascade import CascadeDetector
from worker.errors import PhotoError
from worker.faces import cut
from worker.pipeline import SURE

FROM = (0.4, 0.35, 0.3, 0.25, 0.2)
"""Where to begin."""
PARTS = (TRAIN, VALIDATION, TEST)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.doubtful", description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--face-free", type=Path, required=True, help="photos without faces")
    parser.add_argument("--runs", type=Path, default=Path("runs/training"))
    options = parser.parse_args()
    cv2.setNumThreads(1)
    judge = Judge()
    all_: Counter[tuple[str, str]] = Counter()
    counted: Counter[tuple[float, str, str]] = Counter()
    for part, kind, path in photos(options.data, options.runs, options.face_free):
        likely = judge(path)
        if likely is None:
            continue
        all_[part, kind] += 1
        for start in FROM:
            counted[start, part, kind] += likely >= start
    for start in FROM:
        for part in PARTS:
            told = "  ".join(
                f"{kind} {counted[start, part, kind]}/{all_[part, kind]}"
                for kind in ("with glasses", "without", "without a face")
            )
            sys.stdout.write(f"from {start}  {part:10}  {told}\n")


def photos(data: Path, runs: Path, empty: Path) -> Iterator[tuple[str, str, Path]]:
    """Part of the split, kind and file of all photos."""
    work = Workspace(data, runs)
    for dataset in work.datasets:
        for sample in dataset.samples:
            kind = "with glasses" if sample.has_glasses else "without"
            yield work.part_of[sample.name], kind, sample.path
    for part in PARTS:
        paths: Iterable[Path] = face_free.paths(empty, part)
        yield from ((part, "without a face", path) for path in paths)


class Judge:
    """How likely the last look finds a face that surely wears glasses."""

    def __init__(self) -> None:
        self._detector = CascadeDetector.load()
        self._classifier = OnnxClassifier(model_store.load("default"))

    def __call__(self, path: Path) -> float | None:
        """None where the detector is sure of a face; 0 where there is none with glasses."""
        try:
            photo = decode(path.read_bytes())
            if any(not face.doubtful for face in self._detector(photo)):
                return None
            best = self._detector.last(photo)
        except PhotoError:
            return None
        if best is None:
            return 0.0
        spec = self._classifier.input
        (probability,) = self._classifier([cut(photo, best[1], spec.size, spec.crop_margin)])
        return best[0] if probability >= SURE else 0.0


if __name__ == "__main__":
    main()

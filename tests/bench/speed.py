"""Speed on one core: photos/s and ms per stage of the pipeline, compared with the baseline.

Both classify the same photos, alternating, in the same process. Times are CPU times of the fastest
round, since other load on the machine can only slow a round down.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from training.detector.reference import ReferenceDetector
from worker.vision import model_store
from worker.vision.classify import OnnxClassifier
from worker.vision.crop import crop_face
from worker.vision.decode import Pixels, decode
from worker.vision.detect.any_orientation import AnyOrientationDetector
from worker.vision.errors import PhotoError
from worker.vision.pipeline import Pipeline

Figures = dict[str, float]
CROPS = 64
"""Faces that are classified together to time the classifier alone."""
BASELINE_ROUNDS = 2


def serving() -> Pipeline:
    """Return the pipeline as workers run it."""
    return Pipeline.load("default")


def baseline_pipeline(fp32: Path | None) -> Pipeline:
    """Return the baseline: dlib at full size, then enlarged, one photo at a time; no reduced pass.

    Args:
        fp32: The float network as ONNX. Without it the released 8-bit network is used, which makes
            the baseline faster by about 1 ms per face.
    """
    released = model_store.load("default")
    manifest = released.manifest.model_copy(update={"reduced_pass": None})
    released = replace(released, manifest=manifest)
    if fp32 is not None:
        released = replace(released, data=fp32.read_bytes())
    return Pipeline(ReferenceDetector(), OnnxClassifier(released))


def measure(photos: Sequence[bytes], ours: Pipeline, baseline: Pipeline, rounds: int) -> Figures:
    """Measure both pipelines on a photo set.

    The baseline is much slower and runs on a quarter of the photos.

    Args:
        photos: Encoded photos.
        ours: The pipeline.
        baseline: What it is compared with.
        rounds: Rounds of the pipeline; the baseline runs at most `BASELINE_ROUNDS`.

    Returns:
        Photos/s and faces per photo of both, and ms per photo of each stage.
    """
    quarter = photos[: max(1, len(photos) // 4)]
    stages = Stages()
    spent: dict[str, list[float]] = defaultdict(list)
    for number in range(rounds):
        spent["ours"].append(_cpu(lambda: ours.classify([ours.find(data) for data in photos])))
        if number < BASELINE_ROUNDS:
            spent["baseline"].append(_cpu(lambda: [baseline(data) for data in quarter]))
        for name, seconds in stages(photos).items():
            spent[name].append(seconds)
    best = {name: min(times) for name, times in spent.items()}
    found = sum(len(outcome.faces) for outcome in map(ours, photos))
    found_by_baseline = sum(len(outcome.faces) for outcome in map(baseline, quarter))
    result = {
        "photos/s": len(photos) / best.pop("ours"),
        "photos/s, reference": len(quarter) / best.pop("baseline"),
        "faces per photo": found / len(photos),
        "faces per photo, reference": found_by_baseline / len(quarter),
    }
    return result | {f"{name} ms": 1000 * time / len(photos) for name, time in best.items()}


class Stages:
    """Runs the stages of the pipeline one by one and times each."""

    def __init__(self) -> None:
        self._detector = AnyOrientationDetector.load()
        self._classifier = OnnxClassifier(model_store.load("default"))
        self._spent: Figures = {}

    def __call__(self, photos: Sequence[bytes]) -> Figures:
        """Process all photos and return the CPU seconds of each stage."""
        self._spent = dict.fromkeys(("decode", "detect", "crop", "classify"), 0.0)
        crops = [crop for data in photos for crop in self.crops(data)]
        with self._timed("classify"):
            self._classifier(crops)
        return self._spent

    def crops(self, data: bytes) -> list[Pixels]:
        """Return the crops of a photo's faces as the classifier receives them."""
        spec = self._classifier.input
        try:
            with self._timed("decode"):
                photo = decode(data)
                photo.at(self._detector.side)
            with self._timed("detect"):
                faces = self._detector(photo)
            with self._timed("crop"):
                return [crop_face(photo, face, spec.size, spec.crop_margin) for face in faces]
        except PhotoError:
            return []

    def faces_per_second(self, photo: bytes, rounds: int) -> float:
        """Return the rate of the classifier alone, on copies of the photo's first face."""
        crops = self.crops(photo)[:1] * CROPS
        return len(crops) / min(_cpu(lambda: self._classifier(crops)) for _ in range(4 * rounds))

    @contextmanager
    def _timed(self, stage: str) -> Iterator[None]:
        start = time.process_time()
        try:
            yield
        finally:
            self._spent[stage] = self._spent.get(stage, 0.0) + time.process_time() - start


def _cpu(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start

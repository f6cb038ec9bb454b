"""Photos a second on one core, and milliseconds a stage: the pipeline beside the reference.

Both see the same photos in turn in the same process. Times are CPU times, the fastest round of each
counts: other work on the machine can only slow a round down.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from training.proposals.reference import ReferenceDetector
from worker import model_store
from worker.classify import OnnxClassifier
from worker.decode import Pixels, decode
from worker.detect.serving import serving_detector
from worker.errors import PhotoError
from worker.faces import cut
from worker.pipeline import Pipeline

Figures = dict[str, float]
CROPS = 64
"""Faces that are classified together, in batches, to time that alone."""
REFERENCE_ROUNDS = 2


def serving() -> Pipeline:
    """The pipeline as it serves."""
    return Pipeline.load("default")


def reference(fp32: Path | None) -> Pipeline:
    """What it is held against: dlib at full size, then enlarged; one photo at a time.

    Args:
        fp32: The float network as ONNX. Without it the released 8-bit one classifies, which
            flatters the reference by about a millisecond a face.
    """
    released = model_store.load("default")
    if fp32 is not None:
        released = replace(released, data=fp32.read_bytes())
    return Pipeline(ReferenceDetector(), OnnxClassifier(released))


def measure(photos: Sequence[bytes], ours: Pipeline, theirs: Pipeline, rounds: int) -> Figures:
    """Both pipelines on one pile; the reference, which is far slower, on a quarter of it."""
    few = photos[: max(1, len(photos) // 4)]
    stages = Stages()
    spent: dict[str, list[float]] = defaultdict(list)
    for number in range(rounds):
        spent["ours"].append(_cpu(lambda: ours.classify([ours.find(data) for data in photos])))
        if number < REFERENCE_ROUNDS:
            spent["theirs"].append(_cpu(lambda: [theirs(data) for data in few]))
        for name, seconds in stages(photos).items():
            spent[name].append(seconds)
    best = {name: min(times) for name, times in spent.items()}
    found = sum(len(outcome.faces) for outcome in map(ours, photos))
    found_by_reference = sum(len(outcome.faces) for outcome in map(theirs, few))
    result = {
        "photos/s": len(photos) / best.pop("ours"),
        "photos/s, reference": len(few) / best.pop("theirs"),
        "faces a photo": found / len(photos),
        "faces a photo, reference": found_by_reference / len(few),
    }
    return result | {f"{name} ms": 1000 * time / len(photos) for name, time in best.items()}


class Stages:
    """The pipeline taken apart."""

    def __init__(self) -> None:
        self._detector = serving_detector()
        self._classifier = OnnxClassifier(model_store.load("default"))
        self._spent: Figures = {}

    def __call__(self, photos: Sequence[bytes]) -> Figures:
        """Seconds of each stage, all photos together."""
        self._spent = dict.fromkeys(("decode", "detect", "crop", "classify"), 0.0)
        crops = [crop for data in photos for crop in self.crops(data)]
        with self._timed("classify"):
            self._classifier(crops)
        return self._spent

    def crops(self, data: bytes) -> list[Pixels]:
        """A photo's faces as the network sees them."""
        spec = self._classifier.input
        try:
            with self._timed("decode"):
                photo = decode(data)
                photo.at(self._detector.side)
            with self._timed("detect"):
                faces = self._detector(photo)
            with self._timed("crop"):
                return [cut(photo, face, spec.size, spec.crop_margin) for face in faces]
        except PhotoError:
            return []

    def faces_a_second(self, photo: bytes, rounds: int) -> float:
        """Classification alone, batched."""
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

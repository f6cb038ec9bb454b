"""bytes -> an explanation, by the same parts that serve."""

from __future__ import annotations

import importlib.metadata
import time
from collections.abc import Callable
from typing import TypeVar

from glasses.outcome import Outcome
from worker import model_store
from worker.classify import OnnxClassifier
from worker.decode import Photo, decode
from worker.detect import Detection
from worker.detect.cascade import RELEASE, WIDE, CascadeDetector
from worker.detect.serving import serving_detector
from worker.errors import PhotoError
from worker.explain.explanation import ExplainedFace, Explanation, Look, Seen
from worker.explain.occlusion import heat
from worker.faces import cut
from worker.manifest import ProposalManifest
from worker.photo import Pixels
from worker.pipeline import Pipeline, counts

T = TypeVar("T")
LAST = "last look"
MOST_MAPS = 8
"""Faces that get a heat map, each half a second; the others of a crowd have none."""
SHOWN_SIDE = 1280
"""Longest side in px of the copy for people."""
_PACKAGES = ("people-with-glasses", "onnxruntime", "opencv-python-headless", "dlib-bin", "numpy")


class Explainer:
    """Explains photos.

    Args:
        model: A released model, see `worker.model_store.find`.

    Raises:
        ModelError: The model is missing or not the released one.
    """

    def __init__(self, model: str) -> None:
        released = model_store.load(model)
        detector = serving_detector()
        assert isinstance(detector, CascadeDetector)
        self._detector = detector
        self._classifier = OnnxClassifier(released)
        self.pipeline = Pipeline(detector, self._classifier)
        manifest, _ = model_store.read(model_store.MODELS / RELEASE, ProposalManifest)
        self._believe = manifest.believe
        self._sides = {"first look": manifest.look, "wide look": WIDE}
        self._versions = {
            "model": self.pipeline.model,
            "sha256": released.manifest.sha256,
            "faces": f"{manifest.name}, {detector.version}",
        } | {name: _version(name) for name in _PACKAGES}

    def __call__(self, data: bytes) -> Explanation:
        """Explain one photo."""
        # Also warms up what is loaded late, so that the times below are those of serving.
        outcome = self.pipeline(data)
        clock = _Clock()
        try:
            photo = clock("decode header", lambda: decode(data))
            clock("decode pixels", lambda: photo.at(self._detector.side))
            found = clock("find faces", lambda: self._detector(photo))
        except PhotoError:
            return self._explanation(outcome, None, (), (), clock)
        spec = self._classifier.input
        crops = clock(
            "crop", lambda: [cut(photo, face, spec.size, spec.crop_margin) for face in found]
        )
        probabilities = clock("classify", lambda: self._classifier(crops))
        seen = [
            (face, p, crop)
            for face, p, crop in zip(found, probabilities, crops, strict=True)
            if counts(face, p)
        ]
        looks = clock("(looking again)", lambda: self._looks(photo))
        faces = clock(
            "(heat maps)",
            lambda: tuple(
                self._face(number, face, looks, p, crop)
                for number, (face, p, crop) in enumerate(seen)
            ),
        )
        return self._explanation(outcome, photo, looks, faces, clock)

    def _face(
        self,
        number: int,
        face: Detection,
        looks: tuple[Look, ...],
        probability: float,
        crop: Pixels,
    ) -> ExplainedFace:
        map_ = heat(self._classifier, crop) if number < MOST_MAPS else None
        return ExplainedFace(face, self._origin(face, looks), probability, crop, map_)

    def _looks(self, photo: Photo) -> tuple[Look, ...]:
        looks: list[Look] = []
        for name, side in self._sides.items():
            if looks and photo.longest <= looks[0].side:
                break  # There is no more to be seen in a larger copy.
            proposals = self._detector.proposals(photo, side)
            seen = tuple(Seen(p, self._detector.weighed(photo, p)) for p in proposals)
            looks.append(Look(name, side, seen))
        return tuple(looks)

    def _origin(self, face: Detection, looks: tuple[Look, ...]) -> str:
        """Which look a face is from; what none of the others believes in is from the last one."""
        for look in looks:
            for seen in look.seen:
                counts = seen.weighed.confirmed or seen.weighed.score >= self._believe
                if counts and _close(seen.weighed, face):
                    return look.name
        return LAST

    def _explanation(
        self,
        outcome: Outcome,
        photo: Photo | None,
        looks: tuple[Look, ...],
        faces: tuple[ExplainedFace, ...],
        clock: _Clock,
    ) -> Explanation:
        pixels: Pixels | None = photo.at(SHOWN_SIDE) if photo else None
        return Explanation(
            outcome=outcome,
            width=photo.width if photo else 0,
            height=photo.height if photo else 0,
            pixels=pixels,
            looks=looks,
            faces=faces,
            times=clock.times,
            versions=self._versions,
            threshold=self._classifier.threshold,
        )


class _Clock:
    """Runs stages and notes how long each took."""

    def __init__(self) -> None:
        self.times: dict[str, float] = {}

    def __call__(self, stage: str, run: Callable[[], T]) -> T:
        started = time.perf_counter()
        try:
            return run()
        finally:
            self.times[stage] = time.perf_counter() - started


def _close(one: Detection, other: Detection) -> bool:
    most = 0.02 * max(one.width, other.width)
    sides = ((one.left, other.left), (one.top, other.top), (one.width, other.width))
    return one.confirmed == other.confirmed and all(abs(a - b) <= most for a, b in sides)


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed as a package"

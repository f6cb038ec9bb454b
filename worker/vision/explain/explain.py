"""The explainer: runs the production stages on one photo and records what each of them finds."""

from __future__ import annotations

import importlib.metadata
import time
from collections.abc import Callable
from typing import TypeVar

from glasses.protocol.outcome import Outcome
from worker.vision import model_store
from worker.vision.classify import FaceProbabilities, OnnxClassifier
from worker.vision.crop import crop_face
from worker.vision.decode import DecodedPhoto, decode
from worker.vision.detect import Detection
from worker.vision.detect.any_orientation import AnyOrientationDetector
from worker.vision.detect.cascade import RELEASE
from worker.vision.errors import PhotoError
from worker.vision.explain.explanation import (
    ExplainedFace,
    ExplainedProposal,
    Explanation,
    ProposalPass,
)
from worker.vision.explain.occlusion import heat
from worker.vision.model_manifest import ProposalManifest
from worker.vision.photo import Pixels
from worker.vision.pipeline import Pipeline, counts_as_face

T = TypeVar("T")
FIRST_PASS = "first pass"
WIDE_PASS = "wide pass"
VOTE = "multi-view vote"
MOST_MAPS = 8
"""Maximum number of faces with a heat map; each takes half a second."""
SHOWN_SIDE = 1280
"""Longest side in px of the copy for display."""
_PACKAGES = ("people-with-glasses", "onnxruntime", "opencv-python-headless", "dlib-bin", "numpy")


class Explainer:
    """Explains photos.

    Args:
        model: A released model, see `worker.vision.model_store.find`.

    Raises:
        ModelError: The model is missing, or its checksum differs.
    """

    def __init__(self, model: str) -> None:
        released = model_store.load(model)
        self._detector = AnyOrientationDetector.load()
        self._classifier = OnnxClassifier(released)
        self.pipeline = Pipeline(self._detector, self._classifier)
        manifest, _ = model_store.read(model_store.MODELS / RELEASE, ProposalManifest)
        self._versions = {
            "model": self.pipeline.model,
            "sha256": released.manifest.sha256,
            "faces": f"{manifest.name}, {self._detector.version}",
        } | {name: _version(name) for name in _PACKAGES}

    def __call__(self, data: bytes) -> Explanation:
        """Explain one photo."""
        # This run also loads what is loaded lazily; the times below are those of a warm worker.
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
            "crop", lambda: [crop_face(photo, face, spec.size, spec.crop_margin) for face in found]
        )
        probabilities = clock("classify", lambda: self._classifier(crops))
        counted = [
            (face, p, crop)
            for face, p, crop in zip(found, probabilities, crops, strict=True)
            if counts_as_face(face, p.glasses)
        ]
        orientation = outcome.orientation or 0
        passes = clock("(proposal passes)", lambda: self._passes(photo, orientation))
        faces = clock(
            "(heat maps)",
            lambda: tuple(
                self._face(number, face, passes, p, crop)
                for number, (face, p, crop) in enumerate(counted)
            ),
        )
        return self._explanation(outcome, photo, passes, faces, clock)

    def _face(
        self,
        number: int,
        face: Detection,
        passes: tuple[ProposalPass, ...],
        found: FaceProbabilities,
        crop: Pixels,
    ) -> ExplainedFace:
        heat_map = heat(self._classifier.at_full_size, crop) if number < MOST_MAPS else None
        return ExplainedFace(face, self._origin(face, passes), *found, crop, heat_map)

    def _passes(self, photo: DecodedPhoto, orientation: int) -> tuple[ProposalPass, ...]:
        """Return the passes over the photo, then those in its orientation if it is turned."""
        passes = self._passes_at(photo, 0)
        return passes + self._passes_at(photo, orientation) if orientation else passes

    def _passes_at(self, photo: DecodedPhoto, orientation: int) -> tuple[ProposalPass, ...]:
        turned = photo.turned(orientation)

        def back(face: Detection) -> Detection:
            return face.turned(-orientation, turned.size, photo.size)

        cascade = self._detector.cascade
        first = cascade.first_pass(turned)
        sides = {FIRST_PASS: cascade.input_size, WIDE_PASS: cascade.wide_side(turned, first.small)}
        passes: list[ProposalPass] = []
        for name, side in sides.items():
            if passes and side <= passes[0].side:
                break  # there is no such pass: a larger copy has no more detail
            proposals = cascade.proposals(turned, side)
            accept = cascade.accept_threshold
            if passes:
                accept = cascade.wide_threshold(first.faces, proposals)
            checked = (cascade.verify(turned, p, accept) for p in proposals)
            seen = (
                ExplainedProposal(back(p), back(c)) for p, c in zip(proposals, checked, strict=True)
            )
            name += f", rotated by {orientation}°" if orientation else ""
            passes.append(ProposalPass(name, side, tuple(seen)))
        return tuple(passes)

    def _origin(self, face: Detection, passes: tuple[ProposalPass, ...]) -> str:
        """Return the name of the pass that found a face, or `VOTE` if none did."""
        for each in passes:
            for seen in each.proposals:
                if seen.checked.confirmed and _is_same(seen.checked, face):
                    return each.name
        return VOTE

    def _explanation(
        self,
        outcome: Outcome,
        photo: DecodedPhoto | None,
        passes: tuple[ProposalPass, ...],
        faces: tuple[ExplainedFace, ...],
        clock: _Clock,
    ) -> Explanation:
        pixels: Pixels | None = photo.at(SHOWN_SIDE) if photo else None
        return Explanation(
            outcome=outcome,
            width=photo.width if photo else 0,
            height=photo.height if photo else 0,
            pixels=pixels,
            passes=passes,
            faces=faces,
            times=clock.times,
            versions=self._versions,
            threshold=self._classifier.threshold,
        )


class _Clock:
    """Runs stages and records how long each took."""

    def __init__(self) -> None:
        self.times: dict[str, float] = {}

    def __call__(self, stage: str, run: Callable[[], T]) -> T:
        started = time.perf_counter()
        try:
            return run()
        finally:
            self.times[stage] = time.perf_counter() - started


def _is_same(one: Detection, other: Detection) -> bool:
    tolerance = 0.02 * max(one.width, other.width)
    sides = ((one.left, other.left), (one.top, other.top), (one.width, other.width))
    is_alike = (one.confirmed, one.orientation) == (other.confirmed, other.orientation)
    return is_alike and all(abs(a - b) <= tolerance for a, b in sides)


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed as a package"

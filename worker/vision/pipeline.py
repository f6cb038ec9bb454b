"""The pipeline: photo bytes -> decode -> detect -> crop -> classify -> outcome."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Self

from PIL import Image

from glasses.protocol.outcome import Box, Face, Outcome
from glasses.protocol.statuses import FailureReason, PhotoStatus
from worker.vision import model_store
from worker.vision.classify import Classifier, FaceProbabilities, OnnxClassifier
from worker.vision.crop import crop_face
from worker.vision.decode import DecodedPhoto, Pixels, decode
from worker.vision.detect import Detection, Detector
from worker.vision.detect.any_orientation import AnyOrientationDetector
from worker.vision.errors import PhotoError

PIPELINE_VERSION = "4"
"""Part of the model fingerprint: increment it when decoding or cropping changes results."""

GLASSES_CONFIDENCE = 0.9
"""A low-confidence detection counts as a face from this probability of glasses on: where there
are glasses, there is a face."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DetectedFaces:
    """The faces of a photo, not yet classified.

    Attributes:
        faces: In px of the full-size upright photo.
        crops: One per face: size × size × 3, uint8, RGB.
    """

    faces: list[Detection]
    crops: list[Pixels]


class Pipeline:
    """Classifies photos from their bytes.

    Args:
        detector: Finds the faces.
        classifier: Classifies each face.
        interrupts: Exceptions that abort the work and are not caused by the photo; they propagate.
    """

    def __init__(
        self,
        detector: Detector,
        classifier: Classifier,
        interrupts: tuple[type[Exception], ...] = (),
    ) -> None:
        self._detector = detector
        self._classifier = classifier
        self._interrupts = interrupts
        self.threshold = classifier.threshold
        identity = "\n".join([PIPELINE_VERSION, detector.version, classifier.version])
        fingerprint = hashlib.sha256(identity.encode()).hexdigest()[:12]
        self.model = f"{classifier.name}@{fingerprint}"
        """Name and fingerprint: the same fingerprint gives the same outcome for the same bytes."""

    @classmethod
    def load(cls, model: str, interrupts: tuple[type[Exception], ...] = ()) -> Self:
        """Load the production pipeline.

        Args:
            model: A released model, see `worker.vision.model_store.find`.
            interrupts: See the class.

        Raises:
            ModelError: The model is missing, or its checksum differs.
        """
        classifier = OnnxClassifier(model_store.load(model))
        return cls(AnyOrientationDetector.load(), classifier, interrupts)

    def warm_up(self) -> None:
        """Run every stage once, so that processes forked from this one share its memory."""
        gray = BytesIO()
        Image.new("L", (512, 384), 128).save(gray, "JPEG")
        self.find(gray.getvalue())
        self._classifier.warm_up()

    def find(self, data: bytes) -> DetectedFaces | Outcome:
        """Decode a photo and detect its faces; return its outcome if there are none to classify."""
        try:
            photo = decode(data)
            detections = self._detector(photo)
            if not detections:
                return Outcome(status=PhotoStatus.NO_FACE)
            return self._cropped(photo, detections)
        except PhotoError as error:
            return Outcome.failed(error.reason)
        except self._interrupts:
            raise
        except MemoryError:
            return Outcome.failed(FailureReason.OUT_OF_MEMORY)
        except Exception:
            _log.exception("pipeline failed on a photo of %d bytes", len(data))
            return Outcome.failed(FailureReason.PIPELINE_ERROR)

    def classify(self, photos: Sequence[DetectedFaces | Outcome]) -> list[Outcome]:
        """Classify the faces of several photos together; outcomes are passed through."""
        crops = [c for photo in photos if isinstance(photo, DetectedFaces) for c in photo.crops]
        probabilities = iter(self._classifier(crops))
        return [
            photo if isinstance(photo, Outcome) else _outcome(photo, probabilities)
            for photo in photos
        ]

    def __call__(self, data: bytes) -> Outcome:
        """Return the outcome of one photo."""
        return self.classify([self.find(data)])[0]

    def _cropped(self, photo: DecodedPhoto, detections: list[Detection]) -> DetectedFaces:
        spec = self._classifier.input
        return DetectedFaces(
            detections,
            [crop_face(photo, face, spec.size, spec.crop_margin) for face in detections],
        )


def counts_as_face(face: Detection, probability: float) -> bool:
    """Return whether a detection counts as a face, given its probability of glasses."""
    return not face.low_confidence or probability >= GLASSES_CONFIDENCE


def _box(face: Detection) -> Box:
    return Box(
        left=round(face.left),
        top=round(face.top),
        width=round(face.width),
        height=round(face.height),
    )


def _outcome(photo: DetectedFaces, probabilities: Iterator[FaceProbabilities]) -> Outcome:
    faces = tuple(
        Face(
            box=_box(face),
            detection_score=round(face.score, 3),
            confirmed=face.confirmed,
            probability=round(found.glasses, 4),
            sunglasses_probability=None if found.sunglasses is None else round(found.sunglasses, 4),
        )
        for face, found in zip(photo.faces, probabilities, strict=False)
        if counts_as_face(face, found.glasses)
    )
    if not faces:
        return Outcome(status=PhotoStatus.NO_FACE)
    orientation = photo.faces[0].orientation  # that of all
    return Outcome(status=PhotoStatus.CLASSIFIED, faces=faces, orientation=orientation)

"""bytes -> decode -> detect -> crop -> classify -> outcome: a plain object, no servers in sight."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Self

from PIL import Image

from glasses.outcome import Box, Face, Outcome
from glasses.statuses import FailureReason, PhotoStatus
from worker import model_store
from worker.classify import Classifier, OnnxClassifier
from worker.decode import Photo, Pixels, decode
from worker.detect import Detection, Detector
from worker.detect.serving import serving_detector
from worker.errors import PhotoError
from worker.faces import cut

PIPELINE_VERSION = "3"
"""Part of the model fingerprint: raise it when decoding or cropping changes verdicts."""

SURE = 0.9
"""Probability of glasses from which on a doubtful face counts: they show that it is one."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Found:
    """A photo's faces, not yet classified.

    Attributes:
        faces: In px of the full-size upright photo.
        crops: size × size × 3, uint8, RGB, one a face.
    """

    faces: list[Detection]
    crops: list[Pixels]


class Pipeline:
    """Tells glasses from a photo's bytes.

    Args:
        detector: Finds the faces.
        classifier: Looks at each.
        interrupts: Exceptions that end the work and are no photo's fault; they pass through.
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
        """The pipeline that serves.

        Args:
            model: A released model, see `worker.model_store.find`.
            interrupts: See the class.

        Raises:
            ModelError: The model is missing or not the released one.
        """
        return cls(serving_detector(), OnnxClassifier(model_store.load(model)), interrupts)

    def warm_up(self) -> None:
        """Do all of it once, so that processes forked from this one share what that loads."""
        gray = BytesIO()
        Image.new("L", (512, 384), 128).save(gray, "JPEG")
        self.find(gray.getvalue())
        self._classifier.warm_up()

    def find(self, data: bytes) -> Found | Outcome:
        """Decode a photo and find its faces; its outcome if there is nothing to classify."""
        try:
            photo = decode(data)
            detections = self._detector(photo)
            if not detections:
                return Outcome(status=PhotoStatus.NO_FACE)
            return self._found(photo, detections)
        except PhotoError as error:
            return Outcome.failed(error.reason)
        except self._interrupts:
            raise
        except MemoryError:
            return Outcome.failed(FailureReason.OUT_OF_MEMORY)
        except Exception:
            _log.exception("pipeline failed on a photo of %d bytes", len(data))
            return Outcome.failed(FailureReason.PIPELINE_ERROR)

    def classify(self, photos: Sequence[Found | Outcome]) -> list[Outcome]:
        """Classify the faces of several photos together; outcomes pass through."""
        crops = [c for photo in photos if isinstance(photo, Found) for c in photo.crops]
        probabilities = iter(self._classifier(crops))
        return [
            photo if isinstance(photo, Outcome) else _outcome(photo, probabilities)
            for photo in photos
        ]

    def __call__(self, data: bytes) -> Outcome:
        """The outcome of one photo."""
        return self.classify([self.find(data)])[0]

    def _found(self, photo: Photo, detections: list[Detection]) -> Found:
        spec = self._classifier.input
        return Found(
            detections,
            [cut(photo, face, spec.size, spec.crop_margin) for face in detections],
        )


def counts(face: Detection, probability: float) -> bool:
    """Whether a face that was found is one, now that the classifier has seen it."""
    return not face.doubtful or probability >= SURE


def _box(face: Detection) -> Box:
    return Box(
        left=round(face.left),
        top=round(face.top),
        width=round(face.width),
        height=round(face.height),
    )


def _outcome(photo: Found, probabilities: Iterator[float]) -> Outcome:
    faces = tuple(
        Face(
            box=_box(face),
            detection_score=round(face.score, 3),
            confirmed=face.confirmed,
            probability=round(probability, 4),
        )
        for face, probability in zip(photo.faces, probabilities, strict=False)
        if counts(face, probability)
    )
    if not faces:
        return Outcome(status=PhotoStatus.NO_FACE)
    return Outcome(status=PhotoStatus.CLASSIFIED, faces=faces)

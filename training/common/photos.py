"""Photos and their faces, with the worker's decoder and detector."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from training.common.geometry import MARGIN, SIZE
from worker.vision.crop import crop_face
from worker.vision.decode import decode
from worker.vision.detect import Detection, Detector
from worker.vision.detect.any_orientation import AnyOrientationDetector
from worker.vision.errors import PhotoError
from worker.vision.photo import DecodedPhoto, Pixels


@cache
def _detector() -> Detector:
    return AnyOrientationDetector.load()  # one per process: it cannot be pickled


def detector_version() -> str:
    """Return the detector's version, which changes whenever boxes may change."""
    return _detector().version


def read(path: Path) -> DecodedPhoto | None:
    """Return a photo; None if it cannot be decoded."""
    try:
        photo = decode(path.read_bytes())
        photo.at(_detector().side)  # some damage is detected only here
    except PhotoError:
        return None
    return photo


def faces_in(photo: DecodedPhoto, low_confidence: bool = False) -> list[Detection]:
    """Return the faces of a photo, in px of its full size.

    Args:
        photo: The photo.
        low_confidence: Include low-confidence faces.
    """
    return [face for face in _detector()(photo) if low_confidence or not face.low_confidence]


def served_crops(
    photo: DecodedPhoto, faces: Iterable[Detection] | None = None
) -> list[tuple[Pixels, bool]]:
    """Return the crops that the worker would classify, and whether each is low-confidence.

    Args:
        photo: The photo.
        faces: Its faces, low-confidence ones included; None detects them.
    """
    found = faces_in(photo, low_confidence=True) if faces is None else faces
    return [(crop_face(photo, face, SIZE, MARGIN), face.low_confidence) for face in found]

"""The quick teacher: the released cascade, a tenth of the time of dlib at many sizes.

Its boxes are similar to dlib's. It finds no more than the released network does, so it suits
training on photos whose hard faces have annotated boxes.
"""

from __future__ import annotations

from functools import cache

from training.detector.square import of_detections
from training.detector.teacher import TeacherLabels
from worker.vision.decode import Pixels
from worker.vision.detect.cascade import CascadeDetector
from worker.vision.photo import DecodedPhoto


def teach_quickly(pixels: Pixels) -> TeacherLabels:
    """Find the faces of a photo; those that only the multi-view vote finds are unsure.

    Args:
        pixels: H × W × 3, uint8, RGB.
    """
    faces = _cascade()(DecodedPhoto.of(pixels))
    confirmed = [face for face in faces if face.confirmed]
    others = [face for face in faces if not face.confirmed]
    return TeacherLabels(of_detections(confirmed), of_detections(others), upright=True)


@cache
def _cascade() -> CascadeDetector:
    return CascadeDetector.load()

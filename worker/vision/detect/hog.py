"""dlib's frontal HOG detector on a ladder of sizes, small first."""

from __future__ import annotations

import dlib

from worker.detect.detection import Detection
from worker.photo import WORKING_SIDE, Photo, Pixels
from worker.resize import resized

LADDER = (240, 400, 640, 1000)
"""Longest sides in px to search at, in order, until a face is found.

dlib sees faces of at least 80 px, so the rungs find faces down to a third, a fifth, an eighth and a
twelfth of the longest side. Recall is not monotonic in size: a rung above the photo's own size
still finds faces that smaller ones miss.
"""


class HogDetector:
    """dlib's frontal face detector (Dalal & Triggs 2005; King 2015, arXiv:1502.00046).

    Args:
        ladder: Longest sides in px, searched in order until one finds a face.
    """

    def __init__(self, ladder: tuple[int, ...] = LADDER) -> None:
        self._ladder = ladder
        self._detector = dlib.get_frontal_face_detector()
        self.side = WORKING_SIDE
        self.version = f"hog-{'-'.join(map(str, ladder))}"

    def __call__(self, photo: Photo) -> list[Detection]:
        """Find faces, the most confident first; see `Detector`."""
        pixels = photo.at(self.side)
        longest, full = max(pixels.shape[:2]), 1 / photo.scale_of(pixels)
        for side in self._ladder:
            found = self._at(pixels, side / longest)
            if found:
                return [face.scaled(full) for face in found]
        return []

    def _at(self, pixels: Pixels, scale: float) -> list[Detection]:
        picture = resized(pixels, scale)
        boxes, scores, _ = self._detector.run(picture, 0, 0.0)
        found = [
            Detection(
                box.left() / scale,
                box.top() / scale,
                box.width() / scale,
                box.height() / scale,
                float(score),
            )
            for box, score in zip(boxes, scores, strict=True)
        ]
        return sorted(found, key=lambda face: -face.score)

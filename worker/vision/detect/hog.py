"""dlib's frontal HOG detector, run on a ladder of sizes."""

from __future__ import annotations

from worker.vision.detect.detection import Detection
from worker.vision.detect.frontal import frontal
from worker.vision.photo import WORKING_SIDE, DecodedPhoto, Pixels
from worker.vision.resize import resized

LADDER = (240, 400, 640, 1000)
"""Longest sides in px to search at, in this order, until a face is found.

dlib finds faces of at least 80 px. The sizes therefore cover faces down to a third, a fifth, an
eighth and a twelfth of the longest side. Recall is not monotonic in size: sizes above the photo's
own still find faces that smaller ones miss.
"""


class HogDetector:
    """dlib's frontal face detector (Dalal & Triggs 2005; King 2015, arXiv:1502.00046).

    Args:
        ladder: Longest sides in px, searched in order until one finds a face.
    """

    def __init__(self, ladder: tuple[int, ...] = LADDER) -> None:
        self._ladder = ladder
        self._detector = frontal()
        self.side = WORKING_SIDE
        self.version = f"hog-{'-'.join(map(str, ladder))}"

    def __call__(self, photo: DecodedPhoto) -> list[Detection]:
        """Find faces, the most confident first; see `Detector`."""
        pixels = photo.at(self.side)
        longest, to_full_size = max(pixels.shape[:2]), 1 / photo.scale_of(pixels)
        for side in self._ladder:
            faces = self._search(pixels, side / longest)
            if faces:
                return [face.scaled(to_full_size) for face in faces]
        return []

    def _search(self, pixels: Pixels, scale: float) -> list[Detection]:
        picture = resized(pixels, scale)
        boxes, scores, _ = self._detector.run(picture, 0, 0.0)
        faces = [
            Detection(
                box.left() / scale,
                box.top() / scale,
                box.width() / scale,
                box.height() / scale,
                float(score),
            )
            for box, score in zip(boxes, scores, strict=True)
        ]
        return sorted(faces, key=lambda face: -face.score)

"""The reference: dlib at full size, then enlarged if that finds nothing."""

from __future__ import annotations

from worker.vision.detect import Detection
from worker.vision.detect.frontal import frontal
from worker.vision.photo import DecodedPhoto


class ReferenceDetector:
    """dlib's frontal detector as the original used it."""

    version = "reference"
    side = 1 << 16  # the full size of any photo

    def __init__(self) -> None:
        self._detector = frontal()

    def __call__(self, photo: DecodedPhoto) -> list[Detection]:
        """Return the faces of a photo, the most confident first."""
        pixels = photo.at(self.side)
        for upsampled in (0, 1):
            boxes, scores, _ = self._detector.run(pixels, upsampled, 0.0)
            found = [
                Detection(box.left(), box.top(), box.width(), box.height(), float(score))
                for box, score in zip(boxes, scores, strict=True)
            ]
            if found:
                return sorted(found, key=lambda face: -face.score)
        return []

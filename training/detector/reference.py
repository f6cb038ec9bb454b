"""What the cascade is held against: dlib at full size, then enlarged if that finds nothing."""

from __future__ import annotations

import dlib

from worker.detect import Detection
from worker.photo import Photo


class ReferenceDetector:
    """dlib's frontal detector as the original used it."""

    version = "reference"
    side = 1 << 16  # the full size of any photo

    def __init__(self) -> None:
        self._detector = dlib.get_frontal_face_detector()

    def __call__(self, photo: Photo) -> list[Detection]:
        """Find faces, the most confident first."""
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

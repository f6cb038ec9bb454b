"""What a detector is and what it returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from worker.photo import Photo


@dataclass(frozen=True, slots=True)
class Detection:
    """One face, in px of the photo that was searched. It may reach over the edges.

    Attributes:
        left: Left edge.
        top: Upper edge.
        width: Width.
        height: Height.
        score: The detector's own confidence; for dlib's HOG, the SVM margin (about 0 to 3); for a
            face that only the proposing network saw, its probability less dlib's doubt (0 to 1).
        confirmed: dlib's detector saw the face and drew the box. False where only the proposing
            network did: tilted, in profile, behind sunglasses, small.
        doubtful: It is a face only if the classifier is sure that it wears glasses.
    """

    left: float
    top: float
    width: float
    height: float
    score: float
    confirmed: bool = True
    doubtful: bool = False

    def scaled(self, factor: float) -> Detection:
        """The same face in a picture `factor` times as large."""
        return Detection(  # there are many, and `replace` takes longer
            factor * self.left,
            factor * self.top,
            factor * self.width,
            factor * self.height,
            self.score,
            self.confirmed,
            self.doubtful,
        )


class Detector(Protocol):
    """Finds faces in upright pictures."""

    version: str
    """Part of the model fingerprint: changes whenever the boxes may."""
    side: int
    """Longest side in px of what it decodes first."""

    def __call__(self, photo: Photo) -> list[Detection]:
        """Find faces.

        Args:
            photo: Decoded by the detector as finely as it needs.

        Returns:
            The faces in px of the photo's full size, the most confident first; empty when there
            is none.

        Raises:
            PhotoError: The file is corrupt.
        """
        ...

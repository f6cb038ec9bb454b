"""Detections, and the interface of detectors."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Protocol

from worker.vision.photo import DecodedPhoto, Size

_MAX_CENTRE_OFFSET, _MAX_SIDE_RATIO = 0.4, 1.7
"""Two boxes show the same face if their centres differ by less than this share of the larger side,
and their sides by less than this factor."""


@dataclass(frozen=True, slots=True)
class Detection:
    """One face, in px of the photo that was searched. It may extend beyond the edges.

    Attributes:
        left: Left edge.
        top: Upper edge.
        width: Width.
        height: Height.
        score: The detector's confidence. Of the cascade the proposal network's probability, 0 to 1;
            of dlib alone the SVM margin, about 0 to 3.
        confirmed: The network is sure of the face, or dlib confirms it. False if only the
            multi-view vote found it.
        low_confidence: A low-confidence face: it counts only if the classifier is confident that it
            wears glasses.
        orientation: See `glasses.protocol.outcome.ORIENTATION`. The box of a face that is tilted
            by 45° is the one that it has upright, around the same centre.
    """

    left: float
    top: float
    width: float
    height: float
    score: float
    confirmed: bool = True
    low_confidence: bool = False
    orientation: int = 0

    def scaled(self, factor: float) -> Detection:
        """Return the same face in a picture `factor` times as large."""
        return Detection(  # called often, and `replace` is slower
            factor * self.left,
            factor * self.top,
            factor * self.width,
            factor * self.height,
            self.score,
            self.confirmed,
            self.low_confidence,
            self.orientation,
        )

    def turned(self, degrees: int, old: Size, new: Size) -> Detection:
        """Return the same face in the picture rotated clockwise around its centre.

        Args:
            degrees: A multiple of 45. The orientation decreases by as much.
            old: Width and height of the picture in px.
            new: Those of the rotated picture.
        """
        if degrees % 360 == 0:
            return self
        cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
        x = self.left + self.width / 2 - old[0] / 2
        y = self.top + self.height / 2 - old[1] / 2
        across, down = self.width, self.height
        if degrees % 180 == 90:
            across, down = down, across
        return replace(
            self,
            left=x * cos - y * sin + new[0] / 2 - across / 2,
            top=x * sin + y * cos + new[1] / 2 - down / 2,
            width=across,
            height=down,
            orientation=(self.orientation - degrees) % 360,
        )


class Detector(Protocol):
    """Finds faces in upright photos."""

    version: str
    """Part of the model fingerprint: changes whenever the boxes may change."""
    side: int
    """Longest side in px of what the detector decodes first."""

    def __call__(self, photo: DecodedPhoto) -> list[Detection]:
        """Find faces.

        Args:
            photo: The photo; the detector decodes it as finely as it needs.

        Returns:
            The faces in px of the photo's full size, the most confident first. Empty if there are
            none.

        Raises:
            PhotoError: The file is corrupt.
        """
        ...


def overlaps(one: Detection, other: Detection) -> bool:
    """Return whether two boxes show the same face."""
    side = max(one.width, other.width)
    dx = one.left + one.width / 2 - other.left - other.width / 2
    dy = one.top + one.height / 2 - other.top - other.height / 2
    is_near = abs(dx) < _MAX_CENTRE_OFFSET * side and abs(dy) < _MAX_CENTRE_OFFSET * side
    return bool(is_near and side < _MAX_SIDE_RATIO * min(one.width, other.width))

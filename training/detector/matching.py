"""Matching of detections with known faces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from training.detector.pseudo_labels import PseudoLabels
from training.detector.square import of_detections, same_face
from worker.vision.detect import Detection


@dataclass(frozen=True, slots=True)
class MatchResult:
    """The result for one photo.

    Attributes:
        main: Whether the main person's face was found.
        unlisted: Number of detections where no face is listed: false ones, or unlisted faces.
    """

    main: bool
    unlisted: int


def match_faces(faces: Sequence[Detection], known: PseudoLabels) -> MatchResult:
    """Match the faces detected in a photo with the known ones."""
    found = of_detections(list(faces))
    listed = sum(
        bool(same_face(found[i], known.faces).any() or same_face(found[i], known.unsure).any())
        for i in range(len(found))
    )
    main = bool(known.origin) and bool(same_face(known.faces[0], found).any())
    return MatchResult(main, len(found) - listed)

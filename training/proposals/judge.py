"""Detections against known faces: what was found, what was missed, what is no face."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from training.proposals.known import Known
from training.proposals.square import of_detections, same_face
from worker.detect import Detection


@dataclass(frozen=True, slots=True)
class Judged:
    """One photo's result.

    Attributes:
        main: The main person's face was found.
        unlisted: Detections where nobody knows a face: false, or a face that nobody listed.
    """

    main: bool
    unlisted: int


def judge(faces: Sequence[Detection], known: Known) -> Judged:
    """Compare the faces found in a photo with those that are known."""
    found = of_detections(list(faces))
    listed = sum(
        bool(same_face(found[i], known.faces).any() or same_face(found[i], known.unsure).any())
        for i in range(len(found))
    )
    main = bool(known.how) and bool(same_face(known.faces[0], found).any())
    return Judged(main, len(found) - listed)

"""Faces at any orientation: where none is found upright, the photo is searched turned.

A photo with a face that is upright beyond doubt costs nothing more. All faces of a photo have the
same orientation, the one with the strongest evidence.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from worker.vision.detect.cascade import CascadeDetector, ranked
from worker.vision.detect.detection import Detection
from worker.vision.photo import DecodedPhoto

VERSION = "3"
"""Part of the model fingerprint: increment it when a change in this file changes boxes."""

RIGHT_ANGLES = (90, 270, 180)
"""Orientations in the order in which they are tried: most turned photos are sideways."""
TILTS = (45, 315)
"""Orientations that are tried last."""
HINTED = 0.25
"""Tilts are tried if the network has proposed a face of this probability in another orientation:
it does so for tilted faces, and for some photos without a face."""
SURE = 0.87
"""Probability from which an upright face settles the orientation."""
TURNED = 0.82
"""Minimum probability of a turned face. Each orientation multiplies the chances of false faces, so
it is higher than for upright ones; no threshold of the network's manifest applies."""
TILTED = 0.76
"""The same of a tilted face: among objects, few resemble one."""
LEAD = 0.02
"""The best turned face needs a higher probability than the best upright one by as much."""
VOTED = 0.5
"""Minimum probability in the orientation in which the multi-view vote is repeated, if there is no
face otherwise; its score needs the same lead."""


@dataclass(frozen=True, slots=True)
class Turned:
    """The most probable face in a turned photo.

    Attributes:
        orientation: See `glasses.protocol.outcome.ORIENTATION`.
        probability: 0 without a proposal.
    """

    orientation: int
    probability: float


class AnyOrientationDetector:
    """Finds faces in photos that are turned by right angles or tilted by 45°.

    Args:
        cascade: Finds upright faces.
    """

    def __init__(self, cascade: CascadeDetector) -> None:
        self.cascade = cascade
        self.side = cascade.side
        rules = (
            VERSION,
            RIGHT_ANGLES,
            TILTS,
            HINTED,
            SURE,
            TURNED,
            TILTED,
            LEAD,
            VOTED,
        )
        digest = hashlib.sha256(repr(rules).encode()).hexdigest()
        self.version = f"{cascade.version}-any-{digest[:8]}"

    @classmethod
    def load(cls, folder: Path | None = None) -> Self:
        """Load the released cascade, see `CascadeDetector.load`."""
        return cls(CascadeDetector.load(folder=folder))

    def __call__(self, photo: DecodedPhoto) -> list[Detection]:
        """Find faces; see `Detector`. All have the same orientation."""
        first = self.cascade.first_pass(photo)
        faces = first.faces
        if first.small:
            faces = self.cascade.wide_pass(photo, faces, first.small)
        upright = max((face.score for face in faces), default=0.0)
        if upright >= SURE:
            return ranked(faces)
        turned = self._strongest(photo, upright)
        least = TILTED if turned.orientation in TILTS else TURNED
        if turned.probability >= max(least, upright + LEAD):
            found = self._faces(photo, turned.orientation)
            if found:
                return found
        if not (faces or first.small):
            faces = self.cascade.wide_pass(photo, [], [])
        return ranked(faces or self._voted(photo, turned, first.proposed))

    def _strongest(self, photo: DecodedPhoto, upright: float) -> Turned:
        """Return the orientation with the most probable face, other than upright."""
        found = []
        probabilities = self.cascade.turned_probabilities(photo, RIGHT_ANGLES)
        for orientation, probability in zip(RIGHT_ANGLES, probabilities, strict=True):
            found.append(Turned(orientation, probability))
            if probability >= max(SURE, upright + LEAD):
                return found[-1]
        if upright or any(turned.probability >= HINTED for turned in found):
            found += [self._tilted(photo, tilt) for tilt in TILTS]
        return max(found, key=lambda turned: turned.probability)

    def _tilted(self, photo: DecodedPhoto, orientation: int) -> Turned:
        """Return the most probable face in a tilted photo."""
        turned = photo.turned(orientation)
        # The canvas of a tilted photo is larger; faces keep their size in px.
        side = round(self.cascade.input_size * turned.longest / photo.longest)
        proposals = self.cascade.proposals(turned, side)
        return Turned(orientation, max((face.score for face in proposals), default=0.0))

    def _faces(self, photo: DecodedPhoto, orientation: int) -> list[Detection]:
        turned = photo.turned(orientation)
        first = self.cascade.first_pass(turned)
        faces = first.faces
        if first.small or not faces:
            faces = self.cascade.wide_pass(turned, faces, first.small)
        back = (face.turned(-orientation, turned.size, photo.size) for face in faces)
        return ranked(list(back))

    def _voted(
        self, photo: DecodedPhoto, candidate: Turned, proposed_upright: bool
    ) -> list[Detection]:
        """Return the face of the multi-view vote, upright or in the best other orientation."""
        if candidate.probability >= VOTED:
            turned = photo.turned(candidate.orientation)
            best, upright = self.cascade.vote_on_views(turned), self.cascade.vote_on_views(photo)
            least = max(self.cascade.vote_threshold, upright[0] + LEAD if upright else 0.0)
            if best and best[0] >= least:
                return [best[1].turned(-candidate.orientation, turned.size, photo.size)]
        return self.cascade.voted(photo) if proposed_upright else []

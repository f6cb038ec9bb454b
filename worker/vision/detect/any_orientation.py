"""Faces at any orientation: where none is found upright, the photo is searched turned.

A photo with a face that is upright beyond doubt costs nothing more. All faces of a photo have the
same orientation, the one with the strongest evidence.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from worker.vision.detect.cascade import CascadeDetector, ranked
from worker.vision.detect.detection import Detection
from worker.vision.photo import DecodedPhoto

VERSION = "1"
"""Part of the model fingerprint: increment it when a change in this file changes boxes."""

RIGHT_ANGLES = (90, 270, 180)
"""Orientations in the order in which they are tried: most turned photos are sideways."""
TILTS = (45, 315)
"""Orientations that are tried last."""
HINTED = 0.9
"""Tilts are tried if the network has proposed a face in any other orientation, with this share of
its threshold: it does so for tilted faces, and for half of the photos without a face."""
SURE = 0.8
"""Evidence from which an upright face that dlib confirmed settles the orientation."""
TILTED = 0.6
"""Evidence from which dlib's hint to a tilt is believed: only that orientation is tried."""
TURNED = 0.65
"""Minimum evidence of a turned face. Each orientation multiplies the chances of false faces, so it
is higher than for upright ones; no threshold of the network's manifest applies."""
LEAD = 0.1
"""The best turned face needs more evidence than the best upright one by as much."""
VOTED = 0.3
"""Minimum evidence of the orientation in which the multi-view vote is repeated, if there is no face
otherwise; its score needs the same lead."""
PROPOSED = 0.5
"""Minimum probability of a proposal in a turned photo that dlib checks."""
MOST = 2
"""Maximum number of proposals that dlib checks per orientation."""


@dataclass(frozen=True, slots=True)
class Turned:
    """The strongest evidence for a face in a turned photo.

    Attributes:
        orientation: See `glasses.protocol.outcome.ORIENTATION`.
        evidence: See `Detection`.
        settles: Whether no other orientation need be tried.
    """

    orientation: int
    evidence: float
    settles: bool


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
            TILTED,
            TURNED,
            LEAD,
            VOTED,
            PROPOSED,
            MOST,
        )
        digest = hashlib.sha256(repr(rules).encode()).hexdigest()
        self.version = f"{cascade.version}-any-{digest[:8]}"

    @classmethod
    def load(cls, folder: Path | None = None) -> Self:
        """Load the released cascade, see `CascadeDetector.load`."""
        return cls(CascadeDetector.load(folder=folder))

    def __call__(self, photo: DecodedPhoto) -> list[Detection]:
        """Find faces; see `Detector`. All have the same orientation."""
        faces, small = self.cascade.first_pass(photo)
        if small:
            faces = self.cascade.wide_pass(photo, faces, small)
        if any(_settles(face) for face in faces):
            return ranked(faces)
        turned = self._strongest(photo, faces)
        upright = max((face.evidence for face in faces), default=0.0)
        if turned and turned.evidence >= max(TURNED, upright + LEAD):
            found = self._faces(photo, turned.orientation)
            if found:
                return found
        if not (faces or small):
            faces = self.cascade.wide_pass(photo, [], [])
        return ranked(faces or self._voted(photo, turned))

    def _strongest(self, photo: DecodedPhoto, upright: Sequence[Detection]) -> Turned | None:
        """Return the orientation with the strongest evidence, other than upright; None without."""
        best = max(upright, key=lambda face: face.evidence, default=None)
        if best and best.confirmed and best.evidence >= TILTED and best.tilt:
            return self._search(photo, best.tilt)[0]
        found: list[Turned] = []
        proposed = bool(upright)
        for orientation in RIGHT_ANGLES:
            turned, is_proposed = self._search(photo, orientation)
            if turned:
                found.append(turned)
                if turned.settles:
                    return turned
            proposed |= is_proposed
        if proposed:
            found += [t for tilt in TILTS if (t := self._search(photo, tilt)[0])]
        return max(found, key=lambda turned: turned.evidence, default=None)

    def _search(self, photo: DecodedPhoto, orientation: int) -> tuple[Turned | None, bool]:
        """Return the evidence for a face in a turned photo, and whether there are proposals."""
        turned = photo.turned(orientation)
        # The canvas of a tilted photo is larger; faces keep their size in px.
        side = round(self.cascade.input_size * turned.longest / photo.longest)
        proposals = self.cascade.proposals(turned, side, HINTED)
        probable = [p for p in proposals[:MOST] if p.score >= PROPOSED]
        if not probable:
            return None, bool(proposals)
        checked = (self.cascade.verify(turned, proposal) for proposal in probable)
        face = max(checked, key=lambda face: face.evidence)
        return Turned(orientation, face.evidence, _settles(face)), True

    def _faces(self, photo: DecodedPhoto, orientation: int) -> list[Detection]:
        turned = photo.turned(orientation)
        faces, small = self.cascade.first_pass(turned)
        if small or not faces:
            faces = self.cascade.wide_pass(turned, faces, small)
        back = (face.turned(-orientation, turned.size, photo.size) for face in faces)
        return ranked(list(back))

    def _voted(self, photo: DecodedPhoto, candidate: Turned | None) -> list[Detection]:
        """Return the face of the multi-view vote, upright or in the best other orientation."""
        if candidate and candidate.evidence >= VOTED:
            turned = photo.turned(candidate.orientation)
            best, upright = self.cascade.vote_on_views(turned), self.cascade.vote_on_views(photo)
            least = max(self.cascade.vote_threshold, upright[0] + LEAD if upright else 0.0)
            if best and best[0] >= least:
                return [best[1].turned(-candidate.orientation, turned.size, photo.size)]
        return self.cascade.voted(photo)


def _settles(face: Detection) -> bool:
    """Return whether a face is upright beyond doubt."""
    return face.confirmed and face.tilt == 0 and face.evidence >= SURE

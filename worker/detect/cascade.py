"""A network proposes, dlib confirms: all faces for the price of one, and those that dlib misses."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

import dlib

from worker import model_store
from worker.crop import crop
from worker.detect.detection import Detection
from worker.detect.frontal import upright
from worker.detect.last_look import together
from worker.detect.proposal import Proposer
from worker.detect.same import same
from worker.manifest import ProposalManifest
from worker.photo import Photo

RELEASE = "proposal-3"
VERSION = "4"
"""Part of the model fingerprint: raise it when this file changes boxes."""

FIRST = 384
"""Longest side in px, at least, of what is decoded first: the half, quarter or eighth above it
suffices for all but small faces."""
WIDE = 640
"""Longest side in px of the second look, for faces that are small in a large photo."""
SIDE = 960
"""Longest side in px of what dlib is shown of the smallest faces: more detail than the network."""
SMALL = 28
"""Px of a face in the first look below which it is left to the second one."""
FACE = 86
"""Px of a proposed face when dlib looks at it: its smallest is 80."""
AROUND = 0.2
"""What dlib is shown around a proposed face on each side, as a share of its side."""
FAR = -1.0
"""dlib's margin from which on it is not told apart how far it is from seeing a face."""
DOUBT = 0.5
"""What an unconfirmed proposal's probability loses for each unit of dlib's negative margin …"""
LAST_DOUBT = 0.25
"""… and in the last look, in which several views agree."""

DOUBTFUL = 0.4
"""A face of the last look that is not sure enough is left to the classifier from here on: things
that look like a face and like glasses as well are rare (`docs/adr/0014-doubtful-faces.md`)."""


class Policy(StrEnum):
    """Which faces are wanted."""

    ALL = "all"
    MAIN = "main"


class CascadeDetector:
    """Finds faces with a proposing network and dlib's frontal detector.

    Args:
        network: The proposing network's file.
        manifest: What it is.
        policy: All faces, or only the large and certain one.
    """

    def __init__(
        self, network: bytes, manifest: ProposalManifest, policy: Policy = Policy.ALL
    ) -> None:
        self._manifest = manifest
        self._proposer = Proposer(network)
        self._frontal, self._upright = dlib.get_frontal_face_detector(), upright()
        self._policy = policy
        self.side = FIRST
        # Its thresholds are in the manifest beside the file's sha256, and change boxes as well.
        identity = hashlib.sha256(manifest.model_dump_json(exclude={"metrics"}).encode())
        self.version = f"cascade-{VERSION}-{policy}-{identity.hexdigest()[:16]}"

    @classmethod
    def load(cls, policy: Policy = Policy.ALL, folder: Path | None = None) -> Self:
        """The released cascade.

        Args:
            policy: See the class.
            folder: Of the released network; the one that ships with the worker if not given.

        Raises:
            ModelError: The network is missing or not the released one.
        """
        folder = folder or model_store.MODELS / RELEASE
        manifest, network = model_store.read(folder, ProposalManifest)
        return cls(network, manifest, policy)

    def __call__(self, photo: Photo) -> list[Detection]:
        """Find faces: confirmed ones first, the most confident of each kind first."""
        look = self._manifest.look
        proposals = self.proposals(photo, look)
        least = SMALL * photo.longest / look
        small = [face for face in proposals if face.width < least]
        faces = self._believed(photo, [face for face in proposals if face.width >= least], [])
        if photo.longest > look and (not faces or (small and self._policy is Policy.ALL)):
            # It sees the small ones as well, and where they are more exactly.
            faces = self._believed(photo, self.proposals(photo, WIDE), faces)
        elif small and (not faces or self._policy is Policy.ALL):
            faces = self._believed(photo, small, faces)
        if not faces:
            best = self.last(photo)
            if best is not None and best[0] >= min(DOUBTFUL, self._manifest.last):
                faces = [replace(best[1], doubtful=best[0] < self._manifest.last)]
        return sorted(faces, key=lambda face: (not face.confirmed, -face.score))

    def proposals(self, photo: Photo, side: int) -> list[Detection]:
        """Where the network sees faces, in the order in which dlib should be asked.

        Args:
            photo: The photo.
            side: Longest side in px of the copy that is looked at.
        """
        pixels = photo.at(max(side, FIRST))
        full = 1 / photo.scale_of(pixels)
        found = [f.scaled(full) for f in self._proposer(pixels, side, self._manifest.ask)]
        if self._policy is Policy.MAIN:
            found.sort(key=lambda face: -face.score * face.width)
        return found

    def _believed(
        self, photo: Photo, proposals: Iterable[Detection], faces: Iterable[Detection]
    ) -> list[Detection]:
        """Faces known so far, and those of the proposed ones that count."""
        faces = list(faces)
        for proposal in proposals:
            if any(same(proposal, face) for face in faces):
                continue
            face = self.weighed(photo, proposal)
            enough = 0.0 if face.confirmed else self._manifest.believe
            if face.score >= enough and not any(same(face, other) for other in faces):
                faces.append(face)
                if self._policy is Policy.MAIN:
                    break
        return faces

    def weighed(self, photo: Photo, proposal: Detection) -> Detection:
        """A proposed face after dlib was asked.

        Returns:
            dlib's box and margin if dlib sees the face. Else the proposal, unconfirmed, its
            probability lowered by how far dlib is from seeing it: neither alone tells tilted faces
            from things as well as both together.
        """
        seen = self._asked(photo, proposal, self._upright)
        if seen.score < 0:  # perhaps it is tilted, or larger than proposed
            seen = self._asked(photo, proposal, self._frontal)
        if seen.score >= 0:
            return seen
        return replace(proposal, score=proposal.score + DOUBT * seen.score)

    def last(self, photo: Photo) -> tuple[float, Detection] | None:
        """The face that is most likely there, if any is, and how likely: see `ProposalManifest`."""
        best = None
        pixels = photo.at(FIRST)
        full = 1 / photo.scale_of(pixels)
        for place in (face.scaled(full) for face in together(self._proposer, pixels)):
            seen = self._asked(photo, place, self._frontal)
            likely = place.score + LAST_DOUBT * seen.score
            if best is None or likely > best[0]:
                best = likely, seen if seen.score >= 0 else replace(place, score=max(likely, 0.0))
        return best

    def _asked(self, photo: Photo, proposal: Detection, hog: Any) -> Detection:
        """The face that dlib comes nearest to seeing at a proposal; `FAR` where it sees none."""
        size = round(FACE * (1 + 2 * AROUND))
        pixels = photo.at(min(SIDE, math.ceil(photo.longest * FACE / proposal.width)))
        region = crop(pixels, proposal.scaled(photo.scale_of(pixels)), size, AROUND)
        boxes, scores, _ = hog.run(region, 0, FAR)
        unit = proposal.width / FACE
        left, top = proposal.left - AROUND * proposal.width, proposal.top - AROUND * proposal.width
        found = [
            Detection(
                left + box.left() * unit,
                top + box.top() * unit,
                box.width() * unit,
                box.height() * unit,
                float(score),
            )
            for box, score in zip(boxes, scores, strict=True)
        ]
        fitting = [face for face in found if same(proposal, face)]
        if not fitting:
            return replace(proposal, score=FAR)
        return max(fitting, key=lambda face: face.score)

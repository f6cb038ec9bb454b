"""A network proposes, dlib confirms: all faces for the price of one, and those that dlib misses."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Self

import dlib

from worker import model_store
from worker.crop import crop
from worker.decode import Pixels
from worker.detect.detection import Detection
from worker.detect.last_look import together
from worker.detect.proposal import Proposer
from worker.detect.same import same
from worker.manifest import ProposalManifest

RELEASE = "proposal-2"
VERSION = "2"
"""Part of the model fingerprint: raise it when this file changes boxes."""

WIDE = 640
"""Longest side in px of the second look, for faces that are small in a large photo."""
SIDE = 960
"""Longest side in px of what is searched: dlib looks at the smallest faces in more detail than the
network."""
SMALL = 28
"""Px of the smallest face in the first look below which a second one is taken."""
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
        self._dlib = dlib.get_frontal_face_detector()
        self._policy = policy
        self.side = SIDE
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

    def __call__(self, pixels: Pixels) -> list[Detection]:
        """Find faces: confirmed ones first, the most confident of each kind first."""
        longest, look = max(pixels.shape[:2]), self._manifest.look
        faces = self._seen(pixels, look, [])
        smallest = min((face.width for face in faces), default=0.0) * look / longest
        if longest > look and smallest < SMALL and (not faces or self._policy is Policy.ALL):
            faces = self._seen(pixels, WIDE, faces)
        if not faces:
            best = self.last(pixels)
            if best is not None and best[0] >= self._manifest.last:
                faces = [best[1]]
        return sorted(faces, key=lambda face: (not face.confirmed, -face.score))

    def proposals(self, pixels: Pixels, side: int) -> list[Detection]:
        """Where the network sees faces, in the order in which dlib should be asked.

        Args:
            pixels: H × W × 3, uint8, RGB.
            side: Longest side in px of the copy that is looked at.
        """
        found = self._proposer(pixels, side, self._manifest.ask)
        if self._policy is Policy.MAIN:
            found.sort(key=lambda face: -face.score * face.width)
        return found

    def _seen(self, pixels: Pixels, side: int, faces: list[Detection]) -> list[Detection]:
        """Faces known so far, and those of one more look."""
        faces = list(faces)
        for proposal in self.proposals(pixels, side):
            if any(same(proposal, face) for face in faces):
                continue
            face = self.weighed(pixels, proposal)
            enough = 0.0 if face.confirmed else self._manifest.believe
            if face.score >= enough and not any(same(face, other) for other in faces):
                faces.append(face)
                if self._policy is Policy.MAIN:
                    break
        return faces

    def weighed(self, pixels: Pixels, proposal: Detection) -> Detection:
        """A proposed face after dlib was asked.

        Returns:
            dlib's box and margin if dlib sees the face. Else the proposal, unconfirmed, its
            probability lowered by how far dlib is from seeing it: neither alone tells tilted faces
            from things as well as both together.
        """
        seen = self._asked(pixels, proposal)
        if seen.score >= 0:
            return seen
        return replace(proposal, score=proposal.score + DOUBT * seen.score)

    def last(self, pixels: Pixels) -> tuple[float, Detection] | None:
        """The face that is most likely there, if any is, and how likely: see `ProposalManifest`."""
        best = None
        for place in together(self._proposer, pixels):
            seen = self._asked(pixels, place)
            likely = place.score + LAST_DOUBT * seen.score
            if best is None or likely > best[0]:
                best = likely, seen if seen.score >= 0 else replace(place, score=max(likely, 0.0))
        return best

    def _asked(self, pixels: Pixels, proposal: Detection) -> Detection:
        """The face that dlib comes nearest to seeing at a proposal; `FAR` where it sees none."""
        size = round(FACE * (1 + 2 * AROUND))
        region = crop(pixels, proposal, size, AROUND)
        boxes, scores, _ = self._dlib.run(region, 0, FAR)
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
        nothing = replace(proposal, score=FAR)
        return max(fitting, key=lambda face: face.score, default=nothing)

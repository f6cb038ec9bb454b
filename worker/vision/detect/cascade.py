"""The cascade: a network proposes faces, dlib confirms them.

It finds all faces at the cost of one, and faces that dlib alone misses.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from worker.vision import model_store
from worker.vision.crop import crop
from worker.vision.detect.detection import Detection, overlaps
from worker.vision.detect.frontal import frontal, upright
from worker.vision.detect.multi_view import vote
from worker.vision.detect.proposal import FaceProposer
from worker.vision.model_manifest import ProposalManifest
from worker.vision.photo import DecodedPhoto

RELEASE = "proposal-3"
VERSION = "5"
"""Part of the model fingerprint: increment it when a change in this file changes boxes."""

FIRST = 384
"""Minimum longest side in px of the first decode: the half, quarter or eighth of the photo above
it suffices for all but small faces."""
WIDE_SIZE = 640
"""Longest side in px of the wide pass, for small faces in a large photo."""
DLIB_MAX_SIDE = 960
"""Longest side in px from which dlib's regions are cut for the smallest faces."""
SMALL_FACE = 28
"""Faces of fewer px in the first pass are left to the wide pass."""
FACE = 86
"""Px of a proposed face in dlib's region: the smallest that dlib finds is 80."""
MARGIN = 0.2
"""Margin of dlib's region on each side of a proposed face, as a share of the face's side."""
MIN_MARGIN, MAX_MARGIN = -1.0, 1.0
"""Lowest SVM margin that dlib reports; lower ones count as this. Higher ones add no evidence."""
TILTS = {3: 45, 4: 315}
"""Orientation of the faces that dlib's filters for tilted faces find, by number of the filter."""
PENALTY = 0.5
"""What an unconfirmed proposal's probability loses per unit of dlib's negative margin …"""
VOTE_PENALTY = 0.25
"""… and in the multi-view vote, where several views agree."""
PROMISING = 0.7
"""A candidate of the vote is dropped below this share of its threshold, and with the last one the
vote ends: on two of three photos without a face, after the smallest copies."""

LOW_CONFIDENCE = 0.4
"""Minimum score of a low-confidence face from the multi-view vote, which the classifier decides on:
few things look both like a face and like glasses (`docs/adr/0014-low-confidence-faces.md`)."""


class CascadePolicy(StrEnum):
    """Which faces to find."""

    ALL = "all"
    MAIN = "main"


def ranked(faces: list[Detection]) -> list[Detection]:
    """Return confirmed faces first, by descending score within each kind."""
    return sorted(faces, key=lambda face: (not face.confirmed, -face.score))


class CascadeDetector:
    """Finds faces with a proposal network and dlib's frontal detector.

    Args:
        network: The proposal network's file.
        manifest: The proposal network's manifest.
        policy: All faces, or only the large and most confident one.
    """

    def __init__(
        self, network: bytes, manifest: ProposalManifest, policy: CascadePolicy = CascadePolicy.ALL
    ) -> None:
        self._manifest = manifest
        self._proposer = FaceProposer(network)
        self._frontal, self._upright = frontal(), upright()
        self._policy = policy
        self.side = FIRST
        digest = hashlib.sha256(manifest.identity.encode()).hexdigest()
        self.version = f"cascade-{VERSION}-{policy}-{digest[:16]}"

    @property
    def input_size(self) -> int:
        """Longest side in px of the copy that the network processes in the first pass."""
        return self._manifest.input_size

    @property
    def vote_threshold(self) -> float:
        """Minimum score of a face of the multi-view vote that counts without the classifier."""
        return self._manifest.vote_threshold

    @classmethod
    def load(cls, policy: CascadePolicy = CascadePolicy.ALL, folder: Path | None = None) -> Self:
        """Load the released cascade.

        Args:
            policy: See the class.
            folder: Folder of a released network; defaults to the one that ships with the worker.

        Raises:
            ModelError: The network is missing, or its checksum differs.
        """
        folder = folder or model_store.MODELS / RELEASE
        manifest, network = model_store.read(folder, ProposalManifest)
        return cls(network, manifest, policy)

    def __call__(self, photo: DecodedPhoto) -> list[Detection]:
        """Find faces: confirmed ones first, by descending score within each kind."""
        faces, small = self.first_pass(photo)
        if not faces or (small and self._policy is CascadePolicy.ALL):
            faces = self.wide_pass(photo, faces, small)
        return ranked(faces or self.voted(photo))

    def first_pass(self, photo: DecodedPhoto) -> tuple[list[Detection], list[Detection]]:
        """Return the faces of the first pass, and its proposals that are left to the wide pass."""
        size = self._manifest.input_size
        proposals = self.proposals(photo, size)
        min_width = SMALL_FACE * photo.longest / size
        small = [face for face in proposals if face.width < min_width]
        faces = self._accept(photo, [face for face in proposals if face.width >= min_width], [])
        return faces, small

    def wide_pass(
        self, photo: DecodedPhoto, faces: list[Detection], small: list[Detection]
    ) -> list[Detection]:
        """Return the given faces and the small ones.

        Args:
            photo: The photo.
            faces: Faces of the first pass.
            small: Small proposals of the first pass.
        """
        side = self.wide_side(photo, small)
        if side > self._manifest.input_size:
            # It proposes the small faces too, and locates them more precisely.
            small = self.proposals(photo, side)
        return self._accept(photo, small, faces)

    def wide_side(self, photo: DecodedPhoto, small: Sequence[Detection]) -> int:
        """Return the longest side in px of the copy for the wide pass.

        An enlarged copy locates small faces better, but shows no others.
        """
        if small and photo.longest > self._manifest.input_size:
            return WIDE_SIZE
        return min(WIDE_SIZE, photo.longest)

    def voted(self, photo: DecodedPhoto) -> list[Detection]:
        """Return the face of the multi-view vote, if there is one."""
        best = self.vote_on_views(photo)
        if best is None or best[0] < min(LOW_CONFIDENCE, self.vote_threshold):
            return []
        return [replace(best[1], low_confidence=best[0] < self.vote_threshold)]

    def proposals(self, photo: DecodedPhoto, side: int, share: float = 1.0) -> list[Detection]:
        """Return the network's proposals, in the order in which dlib should check them.

        Args:
            photo: The photo.
            side: Longest side in px of the copy that the network processes.
            share: Minimum probability, as a share of `ProposalManifest.propose_threshold`.
        """
        pixels = photo.at(max(side, FIRST))
        to_full_size = 1 / photo.scale_of(pixels)
        found = self._proposer(pixels, side, share * self._manifest.propose_threshold)
        proposals = [face.scaled(to_full_size) for face in found]
        if self._policy is CascadePolicy.MAIN:
            proposals.sort(key=lambda face: -face.score * face.width)
        return proposals

    def _accept(
        self, photo: DecodedPhoto, proposals: Iterable[Detection], faces: Iterable[Detection]
    ) -> list[Detection]:
        """Return the given faces, and those proposals that dlib confirms or that are accepted."""
        faces = list(faces)
        for proposal in proposals:
            if any(overlaps(proposal, face) for face in faces):
                continue
            face = self.verify(photo, proposal)
            threshold = 0.0 if face.confirmed else self._manifest.accept_threshold
            if face.score >= threshold and not any(overlaps(face, other) for other in faces):
                faces.append(face)
                if self._policy is CascadePolicy.MAIN:
                    break
        return faces

    def verify(self, photo: DecodedPhoto, proposal: Detection) -> Detection:
        """Check a proposal with dlib and return the resulting detection.

        Returns:
            dlib's box and margin if dlib finds the face. Otherwise the proposal, unconfirmed, its
            probability lowered in proportion to dlib's negative margin: both scores together
            separate tilted faces from objects better than either alone.
        """
        face = self._check(photo, proposal, self._upright)
        if face.score < 0:  # the face may be tilted, or larger than proposed
            face = self._check(photo, proposal, self._frontal)
        evidence = proposal.score + PENALTY * min(face.score, MAX_MARGIN)
        if face.score >= 0:
            return replace(face, evidence=evidence)
        return replace(proposal, score=evidence, evidence=evidence)

    def vote_on_views(self, photo: DecodedPhoto) -> tuple[float, Detection] | None:
        """Return the best face of the multi-view vote and its score; None without a candidate.

        `ProposalManifest.vote_threshold` defines the score.
        """
        best = None
        pixels = photo.at(FIRST)
        to_full_size = 1 / photo.scale_of(pixels)
        least = PROMISING * self._manifest.vote_threshold
        for found in vote(self._proposer, pixels, least):
            candidate = found.scaled(to_full_size)
            face = self._check(photo, candidate, self._frontal)
            score = candidate.score + VOTE_PENALTY * face.score
            if best is None or score > best[0]:
                best = score, face if face.score >= 0 else replace(candidate, score=max(score, 0.0))
        return best

    def _check(self, photo: DecodedPhoto, proposal: Detection, hog: Any) -> Detection:
        """Return dlib's best detection at a proposal, with its margin; `MIN_MARGIN` without one."""
        size = round(FACE * (1 + 2 * MARGIN))
        pixels = photo.at(min(DLIB_MAX_SIDE, math.ceil(photo.longest * FACE / proposal.width)))
        region = crop(pixels, proposal.scaled(photo.scale_of(pixels)), size, MARGIN)
        boxes, scores, filters = hog.run(region, 0, MIN_MARGIN)
        unit = proposal.width / FACE
        left, top = proposal.left - MARGIN * proposal.width, proposal.top - MARGIN * proposal.width
        found = [
            Detection(
                left + box.left() * unit,
                top + box.top() * unit,
                box.width() * unit,
                box.height() * unit,
                float(score),
                tilt=TILTS.get(filter_, 0),
            )
            for box, score, filter_ in zip(boxes, scores, filters, strict=True)
        ]
        matching = [face for face in found if overlaps(proposal, face)]
        if not matching:
            return replace(proposal, score=MIN_MARGIN)
        return max(matching, key=lambda face: face.score)

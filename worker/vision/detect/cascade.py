"""The cascade: a network finds faces, and dlib confirms those of which it is unsure."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
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
from worker.vision.photo import WORKING_SIDE, DecodedPhoto, rotated
from worker.vision.resize import resized

RELEASE = "proposal-4"
VERSION = "7"
"""Part of the model fingerprint: increment it when a change in this file changes boxes."""

FIRST = 320
"""Minimum longest side in px of the first decode: the half, quarter or eighth of the photo above
it suffices for all but small faces."""
WIDE_SIZE = 416
"""Longest side in px of the wide pass, for small faces in a large photo."""
DLIB_MAX_SIDE = 960
"""Longest side in px from which dlib's regions are cut for the smallest faces."""
SMALL_FACE = 24
"""Faces of fewer px in the first pass are left to the wide pass."""
ALONE = 0.87
"""Probability from which one of the faces of the wide pass counts without dlib if the first pass
found none. The others are then credible, too: false faces are rarely several."""
FACE = 86
"""Px of a proposed face in dlib's region: the smallest that dlib finds is 80."""
MARGIN = 0.2
"""Margin of dlib's region on each side of a proposed face, as a share of the face's side."""
MIN_MARGIN = -1.0
"""Lowest SVM margin that dlib reports; lower ones count as this."""
VOTE_PENALTY = 0.1
"""What a face of the multi-view vote loses per unit of dlib's negative margin."""
PROMISING = 0.7
"""A candidate of the vote is dropped below this share of its threshold, and with the last one the
vote ends: on two of three photos without a face, after the smallest copies."""

LOW_CONFIDENCE = 0.4
"""Minimum score of a low-confidence face from the multi-view vote, which the classifier decides on:
few things look both like a face and like glasses (`docs/adr/0014-low-confidence-faces.md`)."""


@dataclass(frozen=True, slots=True)
class FirstPass:
    """What the first pass over a photo found.

    Attributes:
        faces: Faces.
        small: Proposals that are left to the wide pass.
        proposed: Whether there was any proposal. Where there is none, no vote finds a face either
            (`tests.bench.votes`).
    """

    faces: list[Detection]
    small: list[Detection]
    proposed: bool


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
    def accept_threshold(self) -> float:
        """Probability from which faces of the first pass count without dlib."""
        return self._manifest.accept_threshold

    def wide_threshold(self, faces: Sequence[Detection], proposals: Sequence[Detection]) -> float:
        """Return the same of the wide pass, given the faces of the first one and its proposals."""
        is_credible = faces or any(face.score >= ALONE for face in proposals)
        return self.accept_threshold if is_credible else ALONE

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
        first = self.first_pass(photo)
        faces = first.faces
        if not faces or (first.small and self._policy is CascadePolicy.ALL):
            faces = self.wide_pass(photo, faces, first.small)
        if not faces and first.proposed:
            faces = self.voted(photo)
        return ranked(faces)

    def first_pass(self, photo: DecodedPhoto) -> FirstPass:
        """Search the smallest copy, and accept its large faces."""
        size = self._manifest.input_size
        proposals = self.proposals(photo, size)
        min_width = SMALL_FACE * photo.longest / size
        small = [face for face in proposals if face.width < min_width]
        large = [face for face in proposals if face.width >= min_width]
        faces = self._accept(photo, large, [], self.accept_threshold)
        return FirstPass(faces, small, bool(proposals))

    def turned_probabilities(
        self, photo: DecodedPhoto, orientations: Iterable[int]
    ) -> Iterator[float]:
        """Yield the probability of the best face in the photo turned by each of some right angles.

        The copy of the first pass is turned, which has fewer px than the photo.
        """
        size = self._manifest.input_size
        pixels = photo.at(max(size, FIRST))
        copy = resized(pixels, size / max(pixels.shape[:2]))
        for degrees in orientations:
            found = self._proposer(rotated(copy, degrees), size, self._manifest.hint_threshold)
            yield max((face.score for face in found), default=0.0)

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
        if small:
            # Their crops will need this resolution: decoding once is faster than twice.
            narrowest = min(face.width for face in small)
            photo.at(min(WORKING_SIDE, math.ceil(photo.longest * FACE / narrowest)))
        if side > self._manifest.input_size:
            # It proposes the small faces too, and locates them more precisely.
            small = self.proposals(photo, side)
        return self._accept(photo, small, faces, self.wide_threshold(faces, small))

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

    def proposals(self, photo: DecodedPhoto, side: int) -> list[Detection]:
        """Return the network's proposals, in the order in which they should be verified.

        Args:
            photo: The photo.
            side: Longest side in px of the copy that the network processes.
        """
        pixels = photo.at(max(side, FIRST))
        to_full_size = 1 / photo.scale_of(pixels)
        found = self._proposer(pixels, side, self._manifest.hint_threshold)
        proposals = [face.scaled(to_full_size) for face in found]
        if self._policy is CascadePolicy.MAIN:
            proposals.sort(key=lambda face: -face.score * face.width)
        return proposals

    def _accept(
        self,
        photo: DecodedPhoto,
        proposals: Iterable[Detection],
        faces: Iterable[Detection],
        accept: float,
    ) -> list[Detection]:
        """Return the given faces, and those proposals that are faces; see `verify`."""
        faces = list(faces)
        for proposal in proposals:
            if any(overlaps(proposal, face) for face in faces):
                continue
            face = self.verify(photo, proposal, accept)
            if face.confirmed and not any(overlaps(face, other) for other in faces):
                faces.append(face)
                if self._policy is CascadePolicy.MAIN:
                    break
        return faces

    def verify(self, photo: DecodedPhoto, proposal: Detection, accept: float) -> Detection:
        """Return a proposal as a confirmed face, or unchanged if it is none.

        The network decides alone from the probability `accept` on. Below, dlib has to find the
        face, and draws the box.
        """
        if proposal.score >= accept:
            return replace(proposal, confirmed=True)
        if proposal.score < self._manifest.propose_threshold:
            return proposal
        face = self.check(photo, proposal)
        return replace(face, score=proposal.score) if face.score >= 0 else proposal

    def check(self, photo: DecodedPhoto, proposal: Detection) -> Detection:
        """Return dlib's box and margin at a proposal; a negative margin if dlib finds no face."""
        face = self._check(photo, proposal, self._upright)
        if face.score < 0:  # the face may be tilted, or larger than proposed
            face = self._check(photo, proposal, self._frontal)
        return face

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
                box = face if face.score >= 0 else candidate
                best = score, replace(box, score=max(score, 0.0), confirmed=False)
        return best

    def _check(self, photo: DecodedPhoto, proposal: Detection, hog: Any) -> Detection:
        """Return dlib's best detection at a proposal, with its margin; `MIN_MARGIN` without one."""
        size = round(FACE * (1 + 2 * MARGIN))
        pixels = photo.at(min(DLIB_MAX_SIDE, math.ceil(photo.longest * FACE / proposal.width)))
        region = crop(pixels, proposal.scaled(photo.scale_of(pixels)), size, MARGIN)
        boxes, scores, _ = hog.run(region, 0, MIN_MARGIN)
        unit = proposal.width / FACE
        left, top = proposal.left - MARGIN * proposal.width, proposal.top - MARGIN * proposal.width
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
        matching = [face for face in found if overlaps(proposal, face)]
        if not matching:
            return replace(proposal, score=MIN_MARGIN)
        return max(matching, key=lambda face: face.score)

"""What the pipeline found in one photo, and its compact form for Redis."""

from __future__ import annotations

import json
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from glasses.statuses import FailureReason, PhotoStatus
from glasses.units import Pixels, Probability


class Box(BaseModel):
    """A face's place, in px of the full-size upright photo; it may reach over the edges."""

    model_config = ConfigDict(frozen=True)

    left: Pixels = Field(description="from the left edge, negative beyond it")
    top: Pixels = Field(description="from the top edge, negative beyond it")
    width: Pixels = Field(description="of the box")
    height: Pixels = Field(description="of the box")


class Face(BaseModel):
    """One face."""

    model_config = ConfigDict(frozen=True)

    box: Box = Field(description="the face's place in the full-size upright photo")
    detection_score: float = Field(
        description="dlib's margin if it confirmed the face, else the proposing network's"
    )
    confirmed: bool = Field(
        default=True,
        description="dlib confirmed it; false where only the proposing network saw a face",
    )
    probability: Probability = Field(description="of glasses")


class Outcome(BaseModel):
    """Everything that depends on the photo's bytes and the model alone.

    Name, threshold and the choice of faces come later (`glasses.verdict`), so an outcome can be
    kept and used again for other jobs.
    """

    model_config = ConfigDict(frozen=True)

    status: PhotoStatus
    faces: tuple[Face, ...] = ()
    reason: FailureReason | None = None

    @classmethod
    def failed(cls, reason: FailureReason) -> Self:
        """The outcome of a photo that could not be classified."""
        return cls(status=PhotoStatus.FAILED, reason=reason)

    def encode(self) -> str:
        """As JSON without field names: `[status, [face…], reason]`.

        A face is `[left, top, width, height, score, confirmed (0 or 1), probability]`.
        """
        faces = [
            [
                *face.box.model_dump().values(),
                face.detection_score,
                int(face.confirmed),
                face.probability,
            ]
            for face in self.faces
        ]
        return json.dumps([self.status, faces, self.reason], separators=(",", ":"))

    @classmethod
    def decode(cls, text: str) -> Self:
        """The inverse of `encode`."""
        status, faces, reason = json.loads(text)
        return cls(
            status=PhotoStatus(status),
            faces=tuple(
                Face(
                    box=Box(left=left, top=top, width=width, height=height),
                    detection_score=score,
                    confirmed=bool(confirmed),
                    probability=probability,
                )
                for left, top, width, height, score, confirmed, probability in faces
            ),
            reason=reason and FailureReason(reason),
        )


DEPENDS_ON_BYTES_ALONE = frozenset(
    {
        None,
        FailureReason.CORRUPT,
        FailureReason.TOO_MANY_PIXELS,
        FailureReason.NOT_AN_IMAGE,
        FailureReason.EMPTY,
    }
)
"""Reasons (None: no failure) of outcomes that hold for the same bytes in any other job."""

"""Outcome: the pipeline's result for one photo, and its compact form for Redis."""

from __future__ import annotations

import json
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from glasses.protocol.statuses import FailureReason, PhotoStatus
from glasses.protocol.units import Degrees, Pixels, Probability

ORIENTATION = (
    "degrees by which to rotate the photo clockwise, after its EXIF orientation, to see its faces "
    "upright: a multiple of 45 below 360; 0 if they are upright, null without faces"
)
"""The definition of the orientation of a photo, of a detection and in all outputs."""


class Box(BaseModel):
    """A face's bounding box in px of the full-size upright photo; it may exceed the photo."""

    model_config = ConfigDict(frozen=True)

    left: Pixels = Field(description="distance from the left edge; negative outside the photo")
    top: Pixels = Field(description="distance from the top edge; negative outside the photo")
    width: Pixels = Field(description="width of the box")
    height: Pixels = Field(description="height of the box")


class Face(BaseModel):
    """A detected face."""

    model_config = ConfigDict(frozen=True)

    box: Box = Field(description="bounding box in the full-size upright photo")
    detection_score: float = Field(description="the detecting network's probability")
    confirmed: bool = Field(
        default=True,
        description="true if the detecting network is sure or dlib confirms the face; false if "
        "only several views together show it",
    )
    probability: Probability = Field(description="probability of glasses")
    sunglasses_probability: Probability | None = Field(
        default=None,
        description="if these are glasses: probability that they are sunglasses; null if the model "
        "does not tell kinds",
    )


class Outcome(BaseModel):
    """The part of a photo's result that depends only on its bytes and the model.

    File name, threshold and face choice are applied later (`glasses.protocol.verdict`). Outcomes
    can therefore be cached and reused by other jobs.
    """

    model_config = ConfigDict(frozen=True)

    status: PhotoStatus
    faces: tuple[Face, ...] = ()
    reason: FailureReason | None = None
    orientation: Degrees | None = Field(default=None, description=ORIENTATION)

    @classmethod
    def failed(cls, reason: FailureReason) -> Self:
        """Return the outcome of a photo that could not be classified."""
        return cls(status=PhotoStatus.FAILED, reason=reason)

    def encode(self) -> str:
        """Encode as JSON without field names: `[status, [face…], reason, orientation]`.

        A face is `[left, top, width, height, score, confirmed (0 or 1), probability,
        sunglasses_probability]`.
        """
        faces = [
            [
                *face.box.model_dump().values(),
                face.detection_score,
                int(face.confirmed),
                face.probability,
                face.sunglasses_probability,
            ]
            for face in self.faces
        ]
        return json.dumps(
            [self.status, faces, self.reason, self.orientation], separators=(",", ":")
        )

    @classmethod
    def decode(cls, text: str) -> Self:
        """Decode the text written by `encode`."""
        status, faces, reason, orientation = json.loads(text)
        return cls(
            status=PhotoStatus(status),
            faces=tuple(
                Face(
                    box=Box(left=left, top=top, width=width, height=height),
                    detection_score=score,
                    confirmed=bool(confirmed),
                    probability=probability,
                    sunglasses_probability=sunglasses,
                )
                for left, top, width, height, score, confirmed, probability, sunglasses in faces
            ),
            reason=reason and FailureReason(reason),
            orientation=orientation,
        )


CACHEABLE_REASONS = frozenset(
    {
        None,
        FailureReason.CORRUPT,
        FailureReason.NO_PREVIEW,
        FailureReason.TOO_MANY_PIXELS,
        FailureReason.TOO_COMPLEX,
        FailureReason.NOT_AN_IMAGE,
        FailureReason.EMPTY,
    }
)
"""Failure reasons (None: no failure) of outcomes that are valid for the same bytes in any job."""

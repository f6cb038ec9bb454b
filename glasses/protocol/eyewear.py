"""Eyewear: what a face wears, from its two probabilities."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from pydantic import Field

from glasses.protocol.outcome import Face

SUNGLASSES_THRESHOLD = 0.5
"""Glasses are sunglasses at this probability and above, which is calibrated for it."""


class Eyewear(StrEnum):
    """What a face wears."""

    NONE = "none"
    """No glasses."""
    EYEGLASSES = "eyeglasses"
    """Glasses with clear lenses."""
    SUNGLASSES = "sunglasses"
    """Glasses with lenses that are visibly dark, tinted, coloured or mirrored."""


class FaceVerdict(Face):
    """A face with what it wears."""

    eyewear: Eyewear | None = Field(
        description="what the face wears; null if the model does not tell kinds"
    )

    @classmethod
    def of(cls, face: Face, threshold: float) -> Self:
        """Return a face with what it wears.

        Args:
            face: The face.
            threshold: Minimum probability that counts as glasses.
        """
        fields = {name: getattr(face, name) for name in Face.model_fields}
        eyewear = eyewear_of(face.probability, face.sunglasses_probability, threshold)
        return cls(**fields, eyewear=eyewear)


def eyewear_of(
    probability: float, sunglasses_probability: float | None, threshold: float
) -> Eyewear | None:
    """Return what a face wears; None if the model does not tell kinds."""
    if sunglasses_probability is None:
        return None
    return kind_of(sunglasses_probability) if probability >= threshold else Eyewear.NONE


def kind_of(sunglasses_probability: float) -> Eyewear:
    """Return the kind of glasses."""
    is_dark = sunglasses_probability >= SUNGLASSES_THRESHOLD
    return Eyewear.SUNGLASSES if is_dark else Eyewear.EYEGLASSES


def labelled_eyewear(word: str, has_glasses: bool) -> Eyewear | None:
    """Return what a person wears, from a written kind and the label of glasses.

    Args:
        word: `eyeglasses`, `sunglasses`, or anything else for an unknown kind.
        has_glasses: The label of glasses, which takes precedence.
    """
    if not has_glasses:
        return Eyewear.NONE
    plain = word.strip().lower()
    return Eyewear(plain) if plain in {Eyewear.EYEGLASSES, Eyewear.SUNGLASSES} else None


def describe(glasses: bool, eyewear: Eyewear | None) -> str:
    """Return a verdict in words, with the kind of glasses if it is known."""
    return (eyewear or "glasses") if glasses else "no glasses"

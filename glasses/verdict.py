"""The verdict: one row a photo, as every command prints it."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from glasses.errors import UsageError
from glasses.outcome import Face, Outcome
from glasses.statuses import FailureReason, PhotoStatus
from glasses.units import Probability


class FaceChoice(StrEnum):
    """Which faces of a photo decide."""

    ANY = "any"
    """Each: one with glasses suffices."""
    LARGEST = "largest"
    """The one with the largest box alone."""


class Rule(BaseModel):
    """How outcomes become verdicts; one for a whole job."""

    model_config = ConfigDict(frozen=True)

    model: str = Field(description="name and fingerprint of the model")
    threshold: float = Field(ge=0, le=1, description="glasses at this probability and above")
    faces: FaceChoice = FaceChoice.ANY


def check_choice(threshold: float | None, faces: FaceChoice | str) -> FaceChoice:
    """Check what a caller wants of verdicts, and give back which faces decide.

    Raises:
        UsageError: The threshold is no probability, or there is no such choice.
    """
    try:
        fits = threshold is None or 0 <= threshold <= 1
    except (TypeError, ValueError):
        fits = False
    if not fits:
        raise UsageError(f"threshold: {threshold!r} is not a number from 0 to 1")
    try:
        return FaceChoice(faces)
    except ValueError:
        raise UsageError(f"faces: {faces!r} is none of {', '.join(FaceChoice)}") from None


class Verdict(BaseModel):
    """One row a photo."""

    model_config = ConfigDict(frozen=True)

    image: str = Field(description="path relative to the argument it was found under")
    sha256: str | None = Field(description="of the file's bytes; null if it was not read whole")
    status: PhotoStatus = Field(description="how the photo ended")
    glasses: bool = Field(
        description="whether probability reaches threshold; false when no face was found"
    )
    probability: Probability | None = Field(
        description="of glasses: the highest over the faces that decide; null without faces"
    )
    faces: tuple[Face, ...] = Field(description="all that were found")
    reason: FailureReason | None = Field(description="why it failed; null if it did not")
    model: str = Field(description="that judged it: name@fingerprint")
    threshold: Probability = Field(description="glasses at this probability and above")


def verdict(image: str, sha256: str | None, outcome: Outcome, rule: Rule) -> Verdict:
    """Decide one photo."""
    probability = decisive_probability(outcome, rule.faces)
    return Verdict(
        image=image,
        sha256=sha256,
        status=outcome.status,
        glasses=probability is not None and probability >= rule.threshold,
        probability=probability,
        faces=outcome.faces,
        reason=outcome.reason,
        model=rule.model,
        threshold=rule.threshold,
    )


def decisive_probability(outcome: Outcome, choice: FaceChoice) -> float | None:
    """The probability that is held against the threshold; None without faces."""
    if not outcome.faces:
        return None
    if choice is FaceChoice.LARGEST:
        largest = max(outcome.faces, key=lambda face: face.box.width * face.box.height)
        return largest.probability
    return max(face.probability for face in outcome.faces)

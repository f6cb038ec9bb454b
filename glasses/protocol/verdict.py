"""Verdict: one row per photo, as all commands print it."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field

from glasses.errors import UsageError
from glasses.protocol.eyewear import Eyewear, FaceVerdict, kind_of
from glasses.protocol.outcome import ORIENTATION, Face, Outcome
from glasses.protocol.statuses import FailureReason, PhotoStatus
from glasses.protocol.units import Degrees, Probability

F = TypeVar("F", bound=Face)


class FaceChoice(StrEnum):
    """Which faces of a photo decide."""

    ANY = "any"
    """All faces: one face with glasses is enough."""
    LARGEST = "largest"
    """Only the face with the largest box."""


class Correction(StrEnum):
    """What a person said about a photo, as a file of corrections writes it."""

    GLASSES = "1"
    """Someone wears glasses."""
    NO_GLASSES = "0"
    """Nobody wears glasses."""
    DROP = "drop"
    """A person cannot tell either: the photo counts as unsure."""


class DecisionRule(BaseModel):
    """The rule that turns outcomes into verdicts, the same for a whole job."""

    model_config = ConfigDict(frozen=True)

    model: str = Field(description="name and fingerprint of the model")
    threshold: float = Field(ge=0, le=1, description="minimum probability that counts as glasses")
    faces: FaceChoice = FaceChoice.ANY


def validate_options(threshold: float | None, faces: FaceChoice | str) -> FaceChoice:
    """Validate the options of a decision rule, and return the face choice.

    Raises:
        UsageError: The threshold is not a probability, or the face choice is unknown.
    """
    try:
        is_valid = threshold is None or 0 <= threshold <= 1
    except (TypeError, ValueError):
        is_valid = False
    if not is_valid:
        raise UsageError(f"threshold: {threshold!r} is not a number from 0 to 1")
    try:
        return FaceChoice(faces)
    except ValueError:
        raise UsageError(f"faces: {faces!r} is not one of {', '.join(FaceChoice)}") from None


class Verdict(BaseModel):
    """The verdict on a photo: one row of the results."""

    model_config = ConfigDict(frozen=True)

    image: str = Field(description="path relative to the argument under which it was found")
    path: str | None = Field(
        description="path as given: absolute, or relative to the working directory; ARCHIVE/NAME "
        "or s3://BUCKET/KEY; null for bytes"
    )
    id: str | None = Field(description="id from the table of photos (--id-column); null without")
    sha256: str | None = Field(description="hash of the file; null if it was not read completely")
    status: PhotoStatus = Field(description="final status of the photo")
    glasses: bool = Field(
        description="the correction, if it is 1 or 0; else whether probability reaches threshold; "
        "false if no face was found"
    )
    eyewear: Eyewear | None = Field(
        description="what the deciding face wears, the one with this probability; after a "
        "correction, what fits it; null without a face, or if the model does not tell kinds"
    )
    probability: Probability | None = Field(
        description="highest probability of glasses among the deciding faces; null without faces"
    )
    faces: tuple[FaceVerdict, ...] = Field(description="all detected faces")
    orientation: Degrees | None = Field(description=ORIENTATION)
    reason: FailureReason | None = Field(description="why the photo failed; null if it did not")
    model: str = Field(description="model that classified it: name@fingerprint")
    threshold: Probability = Field(description="minimum probability that counts as glasses")
    correction: Correction | None = Field(
        default=None, description="correction by a person (--corrections); null if there is none"
    )

    @property
    def is_labelled(self) -> bool:
        """Return whether a person decided, not the model."""
        return self.correction in {Correction.GLASSES, Correction.NO_GLASSES}


def make_verdict(
    image: str,
    sha256: str | None,
    outcome: Outcome,
    rule: DecisionRule,
    path: str | None = None,
    photo_id: str | None = None,
) -> Verdict:
    """Return the verdict on a photo."""
    faces = tuple(FaceVerdict.of(face, rule.threshold) for face in outcome.faces)
    decisive = decisive_face(faces, rule.faces)
    return Verdict(
        image=image,
        path=path,
        id=photo_id,
        sha256=sha256,
        status=outcome.status,
        glasses=has_glasses(outcome, rule.faces, rule.threshold),
        eyewear=decisive.eyewear if decisive else None,
        probability=decisive.probability if decisive else None,
        faces=faces,
        orientation=outcome.orientation,
        reason=outcome.reason,
        model=rule.model,
        threshold=rule.threshold,
    )


def correct(verdict: Verdict, correction: Correction, eyewear: Eyewear | None = None) -> Verdict:
    """Return the verdict with a person's correction; its status and probability are the model's.

    Args:
        verdict: The model's verdict.
        correction: What the person said.
        eyewear: The kind of glasses, if the person said it, too; else it is the model's.
    """
    update: dict[str, object] = {"correction": correction}
    if correction is Correction.NO_GLASSES:
        update |= {"glasses": False, "eyewear": Eyewear.NONE}
    elif correction is Correction.GLASSES:
        update |= {"glasses": True, "eyewear": eyewear or _kind(verdict)}
    return verdict.model_copy(update=update)


def with_rule(verdict: Verdict, rule: DecisionRule) -> Verdict:
    """Return the verdict that another rule gives on the same outcome."""
    outcome = Outcome(
        status=verdict.status,
        faces=verdict.faces,
        reason=verdict.reason,
        orientation=verdict.orientation,
    )
    return make_verdict(verdict.image, verdict.sha256, outcome, rule, verdict.path, verdict.id)


def has_glasses(outcome: Outcome, choice: FaceChoice, threshold: float) -> bool:
    """Decide whether a photo counts as with glasses."""
    return reaches(decisive_probability(outcome, choice), threshold)


def reaches(probability: float | None, threshold: float) -> bool:
    """Apply the threshold, as everywhere: a probability that is equal to it means glasses."""
    return probability is not None and probability >= threshold


def decisive_probability(outcome: Outcome, choice: FaceChoice) -> float | None:
    """Return the probability that is compared with the threshold; None without faces."""
    decisive = decisive_face(outcome.faces, choice)
    return decisive.probability if decisive else None


def decisive_face(faces: Sequence[F], choice: FaceChoice) -> F | None:
    """Return the face whose probability is compared with the threshold; None without faces."""
    if choice is FaceChoice.LARGEST:
        return max(faces, key=lambda face: face.box.width * face.box.height, default=None)
    return max(faces, key=lambda face: face.probability, default=None)


def deciding_of(verdict: Verdict) -> FaceVerdict | None:
    """Return the face that decided a verdict; None without faces."""
    return next((f for f in verdict.faces if f.probability == verdict.probability), None)


def _kind(verdict: Verdict) -> Eyewear | None:
    """Return which glasses the deciding face wears if it wears some; None if that is unknown."""
    face = deciding_of(verdict)
    known = face.sunglasses_probability if face else None
    return None if known is None else kind_of(known)

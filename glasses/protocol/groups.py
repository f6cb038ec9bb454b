"""Groups: verdict -> with (or its kind), without, unsure, no face or failed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from glasses.errors import UsageError
from glasses.protocol.eyewear import Eyewear
from glasses.protocol.statuses import PhotoStatus
from glasses.protocol.verdict import Correction, Verdict

UNSURE = (0.1, 0.9)
"""Probabilities that a person should review: from the first to below the second.

Probabilities are calibrated, so a verdict in this range is wrong with a probability of at least
10%. The model card says how many photos, and how many of the errors, fall into the range.
"""


class Group(StrEnum):
    """The group of a photo, and the name of its folder in a sorted copy."""

    WITH = "with"
    EYEGLASSES = "eyeglasses"
    SUNGLASSES = "sunglasses"
    WITHOUT = "without"
    UNSURE = "unsure"
    NO_FACE = "no-face"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class UnsureBand:
    """The range of probabilities that count as unsure: `low` <= probability < `high`."""

    low: float = UNSURE[0]
    high: float = UNSURE[1]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse `LOW,HIGH`.

        Raises:
            UsageError: The text is not two probabilities in ascending order.
        """
        try:
            low, high = (float(part) for part in text.split(","))
        except ValueError:
            low, high = 1.0, 0.0
        if not 0 <= low <= high <= 1:
            raise UsageError(
                f"--unsure {text!r} is not LOW,HIGH: two probabilities, the lower first, as 0.1,0.9"
            )
        return cls(low, high)

    def contains(self, probability: float, threshold: float) -> bool:
        """Return whether a probability is unsure; the band is extended to include the threshold."""
        return min(self.low, threshold) <= probability < max(self.high, threshold)


def is_unsure(verdict: Verdict, band: UnsureBand) -> bool:
    """Return whether a person should review a verdict."""
    return group_of(verdict, band) is Group.UNSURE


def group_by_kind(verdict: Verdict, band: UnsureBand) -> Group:
    """Return the group of a verdict, with one for each kind of glasses; `WITH` if it is unknown."""
    group = group_of(verdict, band)
    if group is not Group.WITH or verdict.eyewear is None:
        return group
    return _KINDS[verdict.eyewear]


def group_of(verdict: Verdict, band: UnsureBand) -> Group:
    """Return the group of a verdict, by its correction if there is one, for any kind of glasses."""
    if verdict.correction is not None:
        return _CORRECTED[verdict.correction]
    if verdict.status is PhotoStatus.FAILED:
        return Group.FAILED
    if verdict.probability is None:
        return Group.NO_FACE
    if band.contains(verdict.probability, verdict.threshold):
        return Group.UNSURE
    return Group.WITH if verdict.glasses else Group.WITHOUT


_KINDS = {
    Eyewear.NONE: Group.WITH,
    Eyewear.EYEGLASSES: Group.EYEGLASSES,
    Eyewear.SUNGLASSES: Group.SUNGLASSES,
}
_CORRECTED = {
    Correction.GLASSES: Group.WITH,
    Correction.NO_GLASSES: Group.WITHOUT,
    Correction.DROP: Group.UNSURE,
}

"""Verdict -> the group it is shown in: with, without, unsure, no face, failed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from glasses.errors import UsageError
from glasses.statuses import PhotoStatus
from glasses.verdict import Verdict

UNSURE = (0.1, 0.9)
"""Probabilities that deserve a look by a person: from the first to below the second.

Calibrated as they are, a verdict between them is wrong with a chance of a tenth or more. The
released model's card says how many photos and how many of its mistakes lie there.
"""


class Group(StrEnum):
    """Where a photo belongs; also the name of its folder."""

    WITH = "with"
    WITHOUT = "without"
    UNSURE = "unsure"
    NO_FACE = "no-face"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Band:
    """Probabilities that are called unsure: `low` … below `high`."""

    low: float = UNSURE[0]
    high: float = UNSURE[1]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `LOW,HIGH`.

        Raises:
            UsageError: It is not two probabilities in order.
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

    def holds(self, probability: float, threshold: float) -> bool:
        """Whether it is unsure; a threshold outside of the band widens it to itself."""
        return min(self.low, threshold) <= probability < max(self.high, threshold)


def group_of(verdict: Verdict, band: Band) -> Group:
    """The one group of a verdict."""
    if verdict.status is PhotoStatus.FAILED:
        return Group.FAILED
    if verdict.probability is None:
        return Group.NO_FACE
    if band.holds(verdict.probability, verdict.threshold):
        return Group.UNSURE
    return Group.WITH if verdict.glasses else Group.WITHOUT

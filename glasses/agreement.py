"""How far verdicts agree with labels."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Agreement:
    """Photos by verdict and truth.

    Attributes:
        hits: With glasses, and told so.
        false_alarms: Without, and told with.
        misses: With, and told without (or no face found, or failed).
        rejections: Without, and told so.
    """

    hits: int
    false_alarms: int
    misses: int
    rejections: int

    @classmethod
    def of(cls, pairs: Iterable[tuple[bool, bool]]) -> Self:
        """Count pairs of verdict and truth."""
        counts = {(v, t): 0 for v in (True, False) for t in (True, False)}
        for pair in pairs:
            counts[pair] += 1
        return cls(
            counts[True, True], counts[True, False], counts[False, True], counts[False, False]
        )

    @property
    def photos(self) -> int:
        """All of them."""
        return self.hits + self.false_alarms + self.misses + self.rejections

    @property
    def right(self) -> int:
        """Photos whose verdict is right."""
        return self.hits + self.rejections

    @property
    def precision(self) -> float | None:
        """Of those told with glasses, the share that has some; None without any."""
        told = self.hits + self.false_alarms
        return self.hits / told if told else None

    @property
    def recall(self) -> float | None:
        """Of those with glasses, the share that was told; None without any."""
        there = self.hits + self.misses
        return self.hits / there if there else None

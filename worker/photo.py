"""A photo whose pixels are decoded when asked for, at no more resolution than is needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Self

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]

WORKING_SIDE = 1280
"""Longest side, in px, that suffices for small faces; larger photos are decoded smaller."""


class Photo:
    """An upright photo.

    Args:
        width: Width of the full-size upright photo in px.
        height: Its height.
        load: Decodes it upright with a longest side of at least so many px (or all there are):
            H × W × 3, uint8, RGB, contiguous.
        scalable: Whether `load` is cheaper for less; otherwise it is called once.
    """

    def __init__(
        self, width: int, height: int, load: Callable[[int], Pixels], scalable: bool
    ) -> None:
        self.width = width
        self.height = height
        self._load = load
        self._scalable = scalable
        self._best: Pixels | None = None

    @classmethod
    def of(cls, pixels: Pixels) -> Self:
        """H × W × 3 RGB as a photo."""
        height, width = pixels.shape[:2]
        return cls(width, height, lambda _: pixels, scalable=False)

    @property
    def longest(self) -> int:
        """Longest side of the full-size photo in px."""
        return max(self.width, self.height)

    def at(self, side: int) -> Pixels:
        """Pixels with a longest side of at least `side` px, or of the full size if that is less.

        What is decoded already is given if it suffices, so ask for the smallest first.

        Raises:
            PhotoError: The file is corrupt.
        """
        wanted = min(side, self.longest)
        if self._best is None or (self._scalable and max(self._best.shape) < wanted):
            self._best = self._load(wanted)
        return self._best

    def again(self) -> Self:
        """The same photo, nothing of it decoded yet."""
        return type(self)(self.width, self.height, self._load, self._scalable)

    def scale_of(self, pixels: Pixels) -> float:
        """Px of `pixels` for one px of the full-size photo, at most 1."""
        height, width, _ = pixels.shape
        return float(max(height, width) / self.longest)

    @property
    def pixels(self) -> Pixels:
        """The photo at `WORKING_SIDE`."""
        return self.at(WORKING_SIDE)

    @property
    def scale(self) -> float:
        """Px of `pixels` for one px of the full-size photo, at most 1."""
        return self.scale_of(self.pixels)

"""A photo that is decoded lazily, at no higher resolution than needed."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Self

import cv2
import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
Size = tuple[int, int]
"""Width and height in px."""

WORKING_SIDE = 1280
"""Longest side in px that suffices for small faces; larger photos are decoded smaller."""


class DecodedPhoto:
    """An upright photo.

    Args:
        width: Width of the full-size upright photo in px.
        height: Height of the full-size upright photo in px.
        load: Decodes the photo upright with a longest side of at least the given px, or the full
            size if that is smaller. Returns H × W × 3, uint8, RGB, contiguous.
        scalable: Whether `load` is cheaper for smaller sizes; otherwise it is called only once.
    """

    def __init__(
        self, width: int, height: int, load: Callable[[int], Pixels], scalable: bool
    ) -> None:
        self.width = width
        self.height = height
        self._load = load
        self._scalable = scalable
        self._finest: Pixels | None = None
        self._turned: dict[int, DecodedPhoto] = {}

    @classmethod
    def of(cls, pixels: Pixels) -> Self:
        """Return a photo with the given pixels, H × W × 3 RGB."""
        height, width = pixels.shape[:2]
        return cls(width, height, lambda _: pixels, scalable=False)

    @property
    def size(self) -> Size:
        """Size of the full-size photo."""
        return self.width, self.height

    @property
    def longest(self) -> int:
        """Longest side of the full-size photo in px."""
        return max(self.width, self.height)

    def at(self, side: int) -> Pixels:
        """Return pixels with a longest side of at least `side` px, or of the full size if smaller.

        Pixels that are already decoded are reused if they suffice. Request the smallest size
        first.

        Raises:
            PhotoError: The file is corrupt.
        """
        needed = min(side, self.longest)
        if self._finest is None or (self._scalable and max(self._finest.shape) < needed):
            self._finest = self._load(needed)
        return self._finest

    def again(self) -> Self:
        """Return the same photo without the decoded pixels."""
        return type(self)(self.width, self.height, self._load, self._scalable)

    def turned(self, degrees: int) -> DecodedPhoto:
        """Return the photo rotated clockwise, on a canvas that shows all of it.

        Args:
            degrees: A multiple of 45.
        """
        if degrees % 360 == 0:
            return self
        if degrees not in self._turned:
            width, height = turned_size(self.size, degrees)
            share = self.longest / max(width, height)

            def load(side: int) -> Pixels:
                return rotated(self.at(math.ceil(side * share)), degrees)

            self._turned[degrees] = DecodedPhoto(width, height, load, self._scalable)
        return self._turned[degrees]

    def scale_of(self, pixels: Pixels) -> float:
        """Return px of `pixels` per px of the full-size photo, at most 1."""
        height, width, _ = pixels.shape
        return float(max(height, width) / self.longest)

    @property
    def pixels(self) -> Pixels:
        """The photo at `WORKING_SIDE`."""
        return self.at(WORKING_SIDE)

    @property
    def scale(self) -> float:
        """Px of `pixels` per px of the full-size photo, at most 1."""
        return self.scale_of(self.pixels)


def turned_size(size: Size, degrees: int) -> Size:
    """Return the size of the canvas that shows all of a rotated picture."""
    width, height = size
    across, down = abs(math.cos(math.radians(degrees))), abs(math.sin(math.radians(degrees)))
    return round(width * across + height * down), round(width * down + height * across)


def rotated(pixels: Pixels, degrees: int) -> Pixels:
    """Return a picture rotated clockwise; gray fills the corners if they are not right angles."""
    if degrees % 90 == 0:
        return np.ascontiguousarray(np.rot90(pixels, -degrees // 90))
    height, width = pixels.shape[:2]
    new_width, new_height = turned_size((width, height), degrees)
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -degrees, 1.0)
    matrix[:, 2] += (new_width - width) / 2, (new_height - height) / 2
    size = (new_width, new_height)
    gray = (128, 128, 128)
    return np.asarray(cv2.warpAffine(pixels, matrix, size, borderValue=gray), dtype=np.uint8)

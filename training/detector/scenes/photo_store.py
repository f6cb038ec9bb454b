"""Photos of all sizes: pixels in the memory of the device, sizes and faces in that of the host."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from training.detector.square import Squares, squares
from worker.vision.decode import Pixels

SMALLEST_LEVEL = 26
"""A picture is halved while its shorter side keeps at least this many px."""


@dataclass(frozen=True, slots=True)
class SourcePhoto:
    """A photo with its known faces.

    Attributes:
        pixels: H × W × 3, uint8, RGB.
        faces: In px of the photo; the first determines the scale.
        unsure: In px of the photo; places in which a detection is neither required nor an error.
        uses: How often it is drawn, relative to the others.
    """

    pixels: Pixels
    faces: Squares = field(default_factory=squares)
    unsure: Squares = field(default_factory=squares)
    uses: int = 1


class PhotoStore:
    """Photos, each with its half, its quarter …, one after another in one tensor.

    Args:
        photos: Photos with faces.
        grounds: Pictures without faces, H × W × 3, uint8, RGB.
        device: Where to store the pixels.

    Attributes:
        packed: All pixels, uint8; red, green and blue of a picture one after another.
        faces: P × F × 3 float32, in px; rows of zeros where a photo has fewer.
        unsure: P × U × 3 float32, likewise.
        size: P × 2 float32; width and height of each photo.
    """

    def __init__(
        self, photos: Sequence[SourcePhoto], grounds: Sequence[Pixels], device: torch.device
    ) -> None:
        self._uses = np.repeat(np.arange(len(photos)), [photo.uses for photo in photos])
        self._grounds = len(photos), len(photos) + len(grounds)
        photos = [*photos, *(SourcePhoto(pixels) for pixels in grounds)]
        self._shapes = [_level_shapes(*photo.pixels.shape[:2]) for photo in photos]
        counts = [3 * h * w for shapes in self._shapes for h, w in shapes]
        starts = iter(np.cumsum([0, *counts]).tolist())
        self._starts = [[next(starts) for _ in shapes] for shapes in self._shapes]
        pixels = np.empty(sum(counts), dtype=np.uint8)
        for photo, shapes, begin in zip(photos, self._shapes, self._starts, strict=True):
            picture = photo.pixels
            for shape, start in zip(shapes, begin, strict=True):
                if picture.shape[:2] != shape:
                    picture = _half(picture)
                pixels[start : start + picture.size] = picture.transpose(2, 0, 1).reshape(-1)
        self.packed = torch.from_numpy(pixels).to(device)
        self._last = np.array([len(shapes) - 1 for shapes in self._shapes])
        self.size = np.array([shapes[0][::-1] for shapes in self._shapes], dtype=np.float32)
        self.faces = padded([photo.faces for photo in photos])
        self.unsure = padded([photo.unsure for photo in photos])

    @property
    def has_grounds(self) -> bool:
        """Whether there are pictures without faces."""
        return self._grounds[0] < self._grounds[1]

    def draw(self, count: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
        """Return random indices of photos with faces, each as often as its uses."""
        return self._uses[rng.integers(len(self._uses), size=count)]

    def draw_grounds(self, count: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
        """Return random indices of pictures without faces."""
        return rng.integers(*self._grounds, size=count)

    def picture(self, photo: int, scale: float) -> Tensor:
        """Return the copy to sample a photo from, so that no sample skips pixels.

        Args:
            photo: Index of the photo.
            scale: Px of the result per px of the photo.

        Returns:
            3 × H × W uint8, a view of the store.
        """
        level = min(max(int(np.floor(np.log2(0.75 / scale) + 1)), 0), int(self._last[photo]))
        (height, width), start = self._shapes[photo][level], self._starts[photo][level]
        return self.packed[start : start + 3 * height * width].view(3, height, width)


def _level_shapes(height: int, width: int) -> list[tuple[int, int]]:
    shapes = [(height, width)]
    while min(shapes[-1]) >= SMALLEST_LEVEL:
        shapes.append((shapes[-1][0] // 2, shapes[-1][1] // 2))
    return shapes


def _half(pixels: Pixels) -> Pixels:
    height, width = pixels.shape[:2]
    half = cv2.resize(pixels, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    return np.asarray(half, dtype=np.uint8)


def padded(rows: Sequence[Squares]) -> npt.NDArray[np.float32]:
    """Return rows of squares as one array, N × F × 3, with zeros where a row has fewer."""
    result = np.zeros((len(rows), max([1, *map(len, rows)]), 3), dtype=np.float32)
    for target, row in zip(result, rows, strict=True):
        target[: len(row)] = row
    return result

"""Photos of all sizes in the memory of the device, as uint8."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
import torch
from torch import Tensor

from training.common.random_source import RandomSource
from training.detector.square import Squares, squares
from worker.vision.decode import Pixels

PADDING = 128
"""Gray outside of a whole photo, as `worker.vision.detect.proposal.padded` fills it."""
COLOURS = 4096
"""Number of pictures of one pixel; the first has the colour of the padding."""
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


@dataclass(frozen=True, slots=True)
class Levels:
    """For each of N photos, the copy from which it is sampled.

    Attributes:
        offset: N; index of the copy's first pixel in the store.
        size: N × 2 float32; its width and height in px.
        ratio: N × 2 float32; `size` relative to the photo's.
    """

    offset: Tensor
    size: Tensor
    ratio: Tensor


class PhotoStore:
    """Photos, each with its half, its quarter …, one after another in one tensor.

    Args:
        photos: Photos with faces.
        grounds: Pictures without faces, H × W × 3, uint8, RGB.
        device: Where to store them.

    Attributes:
        packed: All pixels, int32; the bytes are red, green, blue and 0.
        faces: P × F × 3 float32, in px; rows of zeros where a photo has fewer.
        unsure: P × U × 3 float32, likewise.
        size: P × 2 float32; width and height of each photo.
    """

    def __init__(
        self, photos: Sequence[SourcePhoto], grounds: Sequence[Pixels], device: torch.device
    ) -> None:
        uses = [i for i, photo in enumerate(photos) for _ in range(photo.uses)]
        self._uses = torch.tensor(uses, device=device)
        self._grounds = torch.arange(len(photos), len(photos) + len(grounds), device=device)
        photos = [*photos, *(SourcePhoto(pixels) for pixels in grounds)]
        shapes = [_level_shapes(*photo.pixels.shape[:2]) for photo in photos]
        deepest = max(len(levels) for levels in shapes)
        counts = np.array([[h * w for h, w in levels] + [0] * (deepest - len(levels))
                           for levels in shapes])  # fmt: skip
        ends = counts.cumsum().reshape(counts.shape)
        # Interpolation reads the pixel to the right and the row below, also at the end.
        tail = max(w for levels in shapes for _, w in levels) + 2
        self._colours = int(ends[-1, -1])
        pixels = np.zeros((self._colours + COLOURS + tail, 4), dtype=np.uint8)
        colours = np.random.default_rng(0).integers(0, 256, (COLOURS, 3), dtype=np.uint8)
        pixels[self._colours : self._colours + COLOURS, :3] = colours
        pixels[self._colours, :3] = PADDING
        for photo, levels, starts in zip(photos, shapes, ends - counts, strict=True):
            picture = photo.pixels
            for (height, width), start in zip(levels, starts, strict=False):
                if picture.shape[:2] != (height, width):
                    picture = _half(picture)
                pixels[start : start + height * width, :3] = picture.reshape(-1, 3)
        self.packed = torch.from_numpy(pixels).view(torch.int32).view(-1).to(device)
        # int32 where it suffices: sampling is limited by memory.
        integer = np.int32 if len(pixels) < 2**31 else np.int64
        self._offset = torch.from_numpy((ends - counts).astype(integer)).to(device)
        sizes = np.zeros((len(photos), deepest, 2), dtype=np.float32)
        for row, levels in zip(sizes, shapes, strict=True):
            row[: len(levels)] = [(w, h) for h, w in levels]
        self._sizes = torch.from_numpy(sizes).to(device)
        self._last = torch.tensor([len(levels) - 1 for levels in shapes], device=device)
        self.size = self._sizes[:, 0].clone()
        self.faces = _padded([photo.faces for photo in photos]).to(device)
        self.unsure = _padded([photo.unsure for photo in photos]).to(device)

    def plain(self, levels: Levels | None, chosen: Tensor, colour: Tensor) -> Levels:
        """Return levels of which some are replaced by pictures of one colour.

        Args:
            levels: The others; None if all are replaced.
            chosen: N, bool; which to replace.
            colour: N; numbers of colours, 0 … COLOURS - 1.
        """
        offset = (colour + self._colours).to(self._offset.dtype)
        one = torch.ones((len(chosen), 2), device=chosen.device)
        if levels is None:
            return Levels(offset, one, one)
        flag = chosen.unsqueeze(1)
        return Levels(
            torch.where(chosen, offset, levels.offset),
            torch.where(flag, one, levels.size),
            torch.where(flag, one, levels.ratio),
        )

    @property
    def has_grounds(self) -> bool:
        """Whether there are pictures without faces."""
        return len(self._grounds) > 0

    def draw(self, count: int, rng: RandomSource) -> Tensor:
        """Return random indices of photos with faces, each as often as its uses."""
        return self._uses[(rng.rand(count) * len(self._uses)).long()]

    def draw_grounds(self, count: int, rng: RandomSource) -> Tensor:
        """Return random indices of pictures without faces."""
        return self._grounds[(rng.rand(count) * len(self._grounds)).long()]

    def levels(self, index: Tensor, scale: Tensor) -> Levels:
        """Return the copies to sample from, so that no sample skips pixels.

        Args:
            index: N int64.
            scale: N; px of the result per px of the photo.
        """
        level = (torch.log2(0.75 / scale) + 1).floor().clamp(min=0).long()
        level = torch.minimum(level, self._last[index])
        size = self._sizes[index, level]
        return Levels(self._offset[index, level], size, size / self.size[index])


def _level_shapes(height: int, width: int) -> list[tuple[int, int]]:
    shapes = [(height, width)]
    while min(shapes[-1]) >= SMALLEST_LEVEL:
        shapes.append((shapes[-1][0] // 2, shapes[-1][1] // 2))
    return shapes


def _half(pixels: Pixels) -> Pixels:
    height, width = pixels.shape[:2]
    half = cv2.resize(pixels, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    return np.asarray(half, dtype=np.uint8)


def _padded(rows: Sequence[Squares]) -> Tensor:
    result = np.zeros((len(rows), max(1, *(len(row) for row in rows)), 3), dtype=np.float32)
    for target, row in zip(result, rows, strict=True):
        target[: len(row)] = row
    return torch.from_numpy(result)

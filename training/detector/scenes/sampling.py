"""Sampling: the pixels of tiles, interpolated from stored photos.

Positions are in units of 1/256 px: their integers hold the index of a pixel and the share of the
next one, and two colours of a pixel are interpolated by one multiplication.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from training.detector.scenes.photo_store import Levels

UNIT = 256
RED_BLUE, GREEN = 0xFF00FF, 0x00FF00


@dataclass(frozen=True, slots=True)
class View:
    """What N tiles show of the stored photos.

    Attributes:
        levels: The copies that are sampled.
        inverse: N × 2 × 3; maps px of the tile to indices of pixels.
    """

    levels: Levels
    inverse: Tensor

    def positions(self, height: int, width: int) -> tuple[Tensor, Tensor]:
        """Return column and row at each place, N × H × W each, in units of 1 / UNIT."""
        across = torch.arange(width, device=self.inverse.device) + 0.5
        down = torch.arange(height, device=self.inverse.device) + 0.5
        m = (self.inverse * UNIT).view(-1, 6, 1)
        x = (m[:, 0] * across).unsqueeze(1) + (m[:, 1] * down + m[:, 2]).unsqueeze(2)
        y = (m[:, 3] * across).unsqueeze(1) + (m[:, 4] * down + m[:, 5]).unsqueeze(2)
        return x, y


@dataclass(frozen=True, slots=True)
class Samples:
    """Where each of N × H × W pixels comes from.

    Attributes:
        x: Column, in units of 1 / UNIT; inside the copy.
        y: Row.
        width: int32, width of the copy.
        offset: Index of the copy's first pixel.
    """

    x: Tensor
    y: Tensor
    width: Tensor
    offset: Tensor


def sample(view: View, height: int, width: int) -> tuple[Samples, Tensor]:
    """Return the samples of a view, and how far each is outside the photo; its edges continue.

    The distance is in units of 1 / UNIT, from the centre of the outermost pixel.
    """
    x, y = view.positions(height, width)
    last = (view.levels.size - 1) * UNIT
    right, bottom = last.view(-1, 2, 1, 1).unbind(1)
    cut_x, cut_y = torch.minimum(x, right).clamp_(min=0), torch.minimum(y, bottom).clamp_(min=0)
    outside = torch.maximum(x.sub_(cut_x).abs_(), y.sub_(cut_y).abs_())
    columns = view.levels.size[:, 0].to(view.levels.offset.dtype).view(-1, 1, 1)
    return Samples(cut_x, cut_y, columns, view.levels.offset.view(-1, 1, 1)), outside


def merge(front: Samples, ground: Samples, covered: Tensor) -> Samples:
    """Return samples of the front where it covers the ground, and of the ground elsewhere."""
    share = covered.float()
    number = covered.to(front.offset.dtype)
    return Samples(
        torch.lerp(ground.x, front.x, share),  # faster than a choice, and exact at 0 and 1
        torch.lerp(ground.y, front.y, share),
        ground.width + (front.width - ground.width) * number,
        ground.offset + (front.offset - ground.offset) * number,
    )


def interpolate(packed: Tensor, samples: Samples) -> Tensor:
    """Return the interpolated pixels, N × 3 × H × W uint8.

    Args:
        packed: As `PhotoStore` stores them.
        samples: Where they come from.
    """
    x, y = samples.x.to(torch.int32), samples.y.to(torch.int32)
    first = (y >> 8).mul_(samples.width).add_(x >> 8) + samples.offset
    below = first + samples.width
    right, down = x.bitwise_and_(UNIT - 1), y.bitwise_and_(UNIT - 1)
    both = (right * down).bitwise_right_shift_(8)
    right.sub_(both)
    down.sub_(both)
    weights = (UNIT - right).sub_(down).sub_(both), right, down, both
    red_blue = torch.zeros_like(right)
    green = torch.zeros_like(right)
    for index, weight, next_column in zip(
        (first, first, below, below), weights, (0, 1, 0, 1), strict=True
    ):
        pixels = packed[next_column:].index_select(0, index.view(-1)).view(index.shape)
        # At most 0xFF × 256 per colour: none reaches the next one.
        green.addcmul_(pixels & GREEN, weight)
        red_blue.addcmul_(pixels.bitwise_and_(RED_BLUE), weight)
    result = torch.empty((len(first), 3, *first.shape[1:]), dtype=torch.uint8, device=first.device)
    result[:, 0] = red_blue >> 8  # uint8 keeps the lowest byte
    result[:, 1] = green >> 16
    result[:, 2] = red_blue >> 24
    return result

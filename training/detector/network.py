"""The detector: YuNet (Wu et al. 2023, doi:10.1007/s11633-023-1423-y).

It finds boxes and five landmarks of faces at three levels. A linear function of both gives the
square that dlib draws, which the classifier was trained on; see `training.detector.dlib_squares`.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from worker.vision.detect.positions import OUTPUTS, STRIDES

HEADS = {"cls": 1, "obj": 1, "bbox": 4, "kps": 10}
"""Outputs per position, `worker.vision.detect.positions.OUTPUTS` of them."""
FEATURES = 12
"""A constant, the log of the ratio of width to height, and the landmarks relative to the box."""


class Unit(nn.Module):  # type: ignore[misc]  # torch is not followed
    """Pointwise and depthwise convolution."""

    def __init__(self, channels_in: int, channels: int, is_last: bool = False) -> None:
        super().__init__()
        self.pw = nn.Conv2d(channels_in, channels, 1)
        self.dw = nn.Conv2d(channels, channels, 3, padding=1, groups=channels)
        self.is_last = is_last

    def forward(self, x: Tensor) -> Tensor:
        """Map N × C × H × W to N × `channels` × H × W."""
        y = self.dw(self.pw(x))
        return y if self.is_last else torch.relu(y)


class YuNet(nn.Module):  # type: ignore[misc]  # torch is not followed
    """A feature pyramid network with 53,000 weights and three levels."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 16, 3, 2, 1)
        self.quarter = Unit(16, 16)
        widths = ((16, 16, 32), (32, 32, 64), (64, 64, 64), (64, 64, 64), (64, 64, 64))
        self.stages = nn.ModuleList(nn.Sequential(Unit(a, b), Unit(b, c)) for a, b, c in widths)
        self.neck = nn.ModuleList(Unit(64, 64) for _ in STRIDES)
        self.heads = nn.ModuleList(Unit(64, OUTPUTS, is_last=True) for _ in STRIDES)
        self.pool = nn.MaxPool2d(2)
        self.up = nn.Upsample(scale_factor=2, mode="nearest")
        self.register_buffer("to_square", torch.zeros(FEATURES, 3))

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """Return `levels` and `to_square`, as `worker.vision.detect.positions` reads them.

        Args:
            x: 1 × 3 × H × W, RGB, 0 to 255; H and W are multiples of 32.
        """
        return (*self.levels(x), self.to_square)

    def squares(self, found: Tensor, cells: Tensor) -> Tensor:
        """Return x and y of the centre and the side in px of each position, N × P × 3."""
        centre, unit, features = described(found, cells)
        relative = features @ self.to_square
        return torch.cat([centre + relative[..., :2] * unit, relative[..., 2:] * unit], -1)

    def levels(self, x: Tensor) -> list[Tensor]:
        """Return N × 16 × H/s × W/s for each stride s."""
        x = self.pool(self.quarter(torch.relu(self.stem(x))))
        eighth = self.stages[2](self.pool(self.stages[1](self.stages[0](x))))
        sixteenth = self.stages[3](self.pool(eighth))
        deepest = self.neck[2](self.stages[4](self.pool(sixteenth)))
        sixteenth = self.neck[1](sixteenth + self.up(deepest))
        eighth = self.neck[0](eighth + self.up(sixteenth))
        return [head(y) for head, y in zip(self.heads, (eighth, sixteenth, deepest), strict=True)]


def joined(levels: Sequence[Tensor]) -> Tensor:
    """Return the outputs of all positions of N pictures, N × P × 16."""
    return torch.cat([level.flatten(2) for level in levels], 2).transpose(1, 2)


def cells_of(levels: Sequence[Tensor]) -> Tensor:
    """Return column, row and stride of each position, 1 × P × 3."""
    cells = []
    for level, stride in zip(levels, STRIDES, strict=True):
        ones = torch.ones_like(level[:1, :1])
        cell = torch.cat([ones.cumsum(3) - 1, ones.cumsum(2) - 1, stride * ones], 1)
        cells.append(cell.reshape(1, 3, -1))
    return torch.cat(cells, 2).transpose(1, 2)


def log_scores(found: Tensor) -> Tensor:
    """Return the log of the probability of a face at each position, N × P."""
    return (functional.logsigmoid(found[..., 0]) + functional.logsigmoid(found[..., 1])) / 2


def described(found: Tensor, cells: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return box centres (px), sizes (px), and features of which dlib's square is linear.

    Args:
        found: N × P × 16.
        cells: 1 × P × 3, see `cells_of`.

    Returns:
        N × P × 2, N × P × 1 and N × P × `FEATURES`.
    """
    stride = cells[..., 2:]
    offset, log_width, log_height = found[..., 2:4], found[..., 4:5], found[..., 5:6]
    log_unit = (log_width + log_height) / 2
    landmarks = (found[..., 6:] - torch.cat([offset] * 5, -1)) * torch.exp(-log_unit)
    ratio = log_width - log_height
    features = torch.cat([torch.ones_like(ratio), ratio, landmarks], -1)
    return (cells[..., :2] + offset) * stride, torch.exp(log_unit) * stride, features


def weights_of(model: nn.Module) -> int:
    """Return the number of trained weights."""
    return sum(int(p.numel()) for p in model.parameters())

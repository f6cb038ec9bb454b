"""The detector: at every eighth pixel, a logit for a face's centre, and the face's box.

Depthwise-separable blocks at an eighth, sixteenth and thirty-second of the resolution. The deep
stages, whose receptive field covers whole faces, are added to the eighth, which still separates
small faces (Lin et al. 2017, arXiv:1612.03144; Xu et al. 2019, arXiv:1911.03599).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

MULTIPLE = 32
"""Height and width of the input must be multiples of this."""
INITIAL_LOGIT = -4.0
"""A face is rare."""


class Separable(nn.Module):  # type: ignore[misc]  # torch is not followed
    """Depthwise and pointwise convolution, with a shortcut where the shape stays."""

    def __init__(self, channels_in: int, channels: int, kernel: int = 3, stride: int = 1) -> None:
        super().__init__()
        self.depthwise = nn.Sequential(
            nn.Conv2d(
                channels_in,
                channels_in,
                kernel,
                stride,
                kernel // 2,
                groups=channels_in,
                bias=False,
            ),
            nn.BatchNorm2d(channels_in),
            nn.ReLU(),
        )
        self.pointwise = nn.Sequential(
            nn.Conv2d(channels_in, channels, 1, bias=False), nn.BatchNorm2d(channels)
        )
        self.last = nn.ReLU()
        self.keeps_shape = stride == 1 and channels_in == channels

    def forward(self, x: Tensor) -> Tensor:
        """Map N × C × H × W to N × `channels` × H/stride × W/stride."""
        y = self.pointwise(self.depthwise(x))
        return self.last(x + y if self.keeps_shape else y)


def _lateral(channels_in: int, channels: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels_in, channels, 1, bias=False), nn.BatchNorm2d(channels), nn.ReLU()
    )


class ProposalNetwork(nn.Module):  # type: ignore[misc]  # torch is not followed
    """A feature pyramid network with about 130,000 weights."""

    def __init__(self) -> None:
        super().__init__()
        # To a quarter in one step: a half in between would take longer than all later layers.
        self.stem = nn.Sequential(nn.Conv2d(3, 32, 4, 4, bias=False), nn.BatchNorm2d(32), nn.ReLU())
        self.quarter = nn.Sequential(Separable(32, 32))
        self.eighth = nn.Sequential(
            Separable(32, 64, stride=2), Separable(64, 64), Separable(64, 64)
        )
        self.sixteenth = nn.Sequential(
            Separable(64, 96, 5, stride=2), Separable(96, 96, 5), Separable(96, 96, 5)
        )
        self.deepest = nn.Sequential(
            Separable(96, 128, 5, stride=2), Separable(128, 128, 5), Separable(128, 128, 5)
        )
        self.across_eighth = _lateral(64, 64)
        self.across_sixteenth = _lateral(96, 64)
        self.across_deepest = _lateral(128, 64)
        self.up = nn.Upsample(scale_factor=2, mode="nearest")
        self.mix_sixteenth = Separable(64, 64, 3)
        self.mix = Separable(64, 64, 5)
        self.score = nn.Conv2d(64, 1, 1)
        self.box = nn.Conv2d(64, 3, 1)
        nn.init.constant_(self.score.bias, INITIAL_LOGIT)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits and boxes.

        Args:
            x: N × 3 × H × W, RGB, `(pixel - 128) / 128`; H and W multiples of `MULTIPLE`.

        Returns:
            Logits, N × 1 × H/8 × W/8, and boxes, N × 3 × H/8 × W/8, as
            `worker.vision.detect.proposal` reads them.
        """
        eighth = self.eighth(self.quarter(self.stem(x)))
        sixteenth = self.sixteenth(eighth)
        y = self.up(self.across_deepest(self.deepest(sixteenth)))
        y = self.mix_sixteenth(self.across_sixteenth(sixteenth) + y)
        y = self.mix(self.across_eighth(eighth) + self.up(y))
        return self.score(y), self.box(y)


def weights_of(model: nn.Module) -> int:
    """Return the number of trained weights."""
    return sum(int(p.numel()) for p in model.parameters())


def normalize(pixels: Tensor) -> Tensor:
    """Return N × 3 × H × W pixels, 0 … 255, as the network's input."""
    x = torch.empty_like(pixels, dtype=torch.float32, memory_format=torch.channels_last)
    return x.copy_(pixels).sub_(128).div_(128)

"""Which layers are worth 8 exponent and 7 mantissa bits on a CPU."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn


def spare_slow_layers(model: nn.Module) -> int:
    """Let depthwise convolutions with a stride compute in float32 in spite of autocast.

    oneDNN has no fast gradient for them in bfloat16: with 96 channels of 60 × 60, one takes 160 ms
    a batch of 32 instead of 29. They hold a hundredth of the arithmetic.

    Args:
        model: Changed in place, so do this after it was copied; it must not be exported.

    Returns:
        How many there are.
    """
    slow = [
        m
        for m in model.modules()
        if isinstance(m, nn.Conv2d) and m.groups == m.in_channels and m.stride != (1, 1)
    ]
    for conv in slow:
        conv.forward = _in_float32(conv.forward)
    return len(slow)


def _in_float32(forward: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    def full(x: Tensor) -> Tensor:
        with torch.autocast(x.device.type, enabled=False):
            return forward(x.float())

    return full

"""Mixed precision where the device computes in bfloat16, and layers that stay float32 in it."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn


def mixed_precision(device: torch.device) -> torch.autocast:
    """Return a context that computes in bfloat16, if the device can.

    CPUs without AVX-512 emulate bfloat16: a step takes ten times as long as in float32.
    """
    if device.type == "cuda":
        can = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        can = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=can)


def keep_slow_layers_float32(model: nn.Module) -> int:
    """Compute depthwise convolutions with a stride in float32 under autocast.

    oneDNN has no fast gradient for them in bfloat16: with 96 channels of 60 × 60, one takes 160 ms
    per batch of 32 instead of 29. They account for a hundredth of the arithmetic.

    Args:
        model: Changed in place: copy it before, and do not export it.

    Returns:
        The number of these layers.
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

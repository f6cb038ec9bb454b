"""Exponential moving average of a network's weights."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel


def moving_average(model: nn.Module, decay: float) -> Any:
    """Return the moving average of a network; call `update_parameters` after each step.

    In the first steps the decay is lower, so that the initial weights are soon forgotten.

    Args:
        model: The network; it is copied on its device.
        decay: Share of the average that is kept per step; 0 keeps nothing.

    Returns:
        A `torch.optim.swa_utils.AveragedModel` in evaluation mode; its `module` is the result.
    """

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def update(averages: list[Tensor], currents: list[Tensor], _: Tensor | int) -> None:
        if not averages[0].is_floating_point():
            torch._foreach_copy_(averages, currents)
            return
        # `n_averaged` stays on the CPU: reading it never waits for a GPU.
        steps = int(averaged.n_averaged)
        torch._foreach_lerp_(averages, currents, 1 - min(decay, (1 + steps) / (10 + steps)))

    averaged = AveragedModel(model, multi_avg_fn=update, use_buffers=True)
    return averaged.eval().requires_grad_(False)

"""An exponential moving average of a network: smoother than any single step of it."""

from __future__ import annotations

import copy

import torch
from torch import nn


class Average:
    """Follows a network.

    Args:
        model: The network to follow; it is copied.
        decay: What is kept of the average at each step; 0 keeps nothing.

    Attributes:
        model: The averaged network, in evaluation mode.
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.model = copy.deepcopy(model).eval().requires_grad_(False)
        self._decay = decay
        self.steps = 0

    def update(self, model: nn.Module) -> None:
        """Take in the network as it is now."""
        self.steps += 1
        # While young, an average over all steps so far: the starting weights must not linger.
        decay = min(self._decay, (1 + self.steps) / (10 + self.steps))
        ours, theirs = self.model.state_dict(), model.state_dict()
        floats = [name for name, value in ours.items() if value.is_floating_point()]
        # All at once: 300 small tensors one by one cost as much as a convolution.
        torch._foreach_lerp_(
            [ours[name] for name in floats], [theirs[name].detach() for name in floats], 1 - decay
        )
        for name in ours.keys() - set(floats):
            ours[name].copy_(theirs[name])

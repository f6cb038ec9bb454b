"""Batch norms of networks whose weights were folded."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def adopt_statistics(model: nn.Module, batch: Tensor) -> None:
    """Give every batch norm the statistics of a batch without changing the network's output.

    An identity batch norm in training mode would rescale every channel at the first step and
    undo the pretraining. So mean and variance become the batch's, and weight and bias undo them.

    Args:
        model: With batch norms that were folded; changed in place.
        batch: N × 3 × H × W, normalized; augmented, as in training.
    """

    def adopt(norm: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        assert isinstance(norm, nn.BatchNorm2d)
        (x,) = inputs
        variance, mean = torch.var_mean(x, dim=(0, 2, 3), correction=0)
        slope = norm.weight / (norm.running_var + norm.eps).sqrt()
        offset = norm.bias - norm.running_mean * slope
        norm.weight.copy_(slope * (variance + norm.eps).sqrt())
        norm.bias.copy_(offset + slope * mean)
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(variance)

    norms = [layer for layer in model.modules() if isinstance(layer, nn.BatchNorm2d)]
    hooks = [norm.register_forward_pre_hook(adopt) for norm in norms]
    was_training = model.training
    model.eval()
    try:
        with torch.no_grad():
            model(batch)
    finally:
        for hook in hooks:
            hook.remove()
        model.train(was_training)

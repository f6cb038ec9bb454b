"""Optimizers, and how their learning rate is set."""

from __future__ import annotations

import torch
from torch import nn
from torch.optim import Optimizer


def make_optimizer(model: nn.Module, rate: float, weight_decay: float, kind: str) -> Optimizer:
    """Return a fused optimizer over a network's parameters.

    Args:
        model: The network, on its device.
        rate: The highest learning rate.
        weight_decay: Applied to matrices and kernels, not to norms and biases.
        kind: `adamw` or `adam`.
    """
    groups = [
        {
            "params": [p for p in model.parameters() if p.ndim > 1],
            "weight_decay": weight_decay,
        },
        {"params": [p for p in model.parameters() if p.ndim <= 1], "weight_decay": 0.0},
    ]
    cls = torch.optim.Adam if kind == "adam" else torch.optim.AdamW
    return cls(groups, lr=rate, fused=True)


def set_learning_rate(optimizer: Optimizer, rate: float) -> None:
    """Set the learning rate of the next step."""
    for group in optimizer.param_groups:
        group["lr"] = rate

"""Which way and how far a step goes."""

from __future__ import annotations

import math

import torch
from torch import nn

from training.recipe import Recipe


def optimizer(model: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    """The recipe's optimizer over a network's weights."""
    weights = [p for p in model.parameters() if p.ndim > 1]
    others = [p for p in model.parameters() if p.ndim <= 1]
    groups = [
        {"params": weights, "weight_decay": recipe.weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]
    kind = torch.optim.Adam if recipe.optimizer == "adam" else torch.optim.AdamW
    return kind(groups, lr=recipe.rate)


def rate_at(epoch: float, recipe: Recipe) -> float:
    """The learning rate after so many epochs, parts of one included."""
    if recipe.milestones:
        return float(recipe.rate * 0.1 ** sum(int(epoch) >= m for m in recipe.milestones))
    return recipe.rate * schedule(epoch / recipe.epochs, recipe.warm_up)


def schedule(done: float, warm_up: float) -> float:
    """Share of the highest learning rate when `done` (0..1) of all steps are over."""
    if done < warm_up:
        return (done + 1e-3) / (warm_up + 1e-3)
    return 0.5 * (1 + math.cos(math.pi * (done - warm_up) / (1 - warm_up)))

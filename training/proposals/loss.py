"""How wrong the network is about a batch of scenes."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

BELIEF = 0.8
"""On photos whose background may hold faces that nobody listed, a place that the trained network is
this sure of is not called wrong."""
BOX_SHARE = 2.0
"""Weight of the boxes against the heat map."""


def heat_loss(logits: Tensor, heat: Tensor, free: Tensor, trust: Tensor) -> Tensor:
    """Focal loss with soft surroundings of each peak (Law & Deng 2018, arXiv:1808.01244).

    Args:
        logits: N × s × s.
        heat: N × s × s, 1 at centres.
        free: N × s × s, 0 where nothing is known.
        trust: N; false for scenes in which unlisted faces are possible and the network is to be
            believed.

    Returns:
        The sum over all places; per face it is of the order of 1.
    """
    p = torch.sigmoid(logits)
    hit = (heat >= 1).float()
    positive = hit * (1 - p) ** 2 * functional.softplus(-logits)
    negative = (1 - hit) * (1 - heat) ** 4 * p**2 * functional.softplus(logits)
    believed = (p > BELIEF) & (heat < 0.05) & ~trust.view(-1, 1, 1)
    return ((positive + negative) * free * (~believed).float()).sum()


def box_loss(boxes: Tensor, wanted: Tensor, weight: Tensor) -> Tensor:
    """Smooth distance of boxes at the places that count; summed, 1 a face at most.

    Args:
        boxes: N × 3 × s × s.
        wanted: The same shape.
        weight: N × s × s.
    """
    distance = functional.smooth_l1_loss(boxes, wanted, reduction="none", beta=0.1)
    return (distance.sum(1) * weight).sum()

"""Losses of the detector."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

UNLISTED_PROBABILITY = 0.8
"""In photos whose background may contain unlisted faces, a position of this probability and above
is not counted as an error."""
BOX_WEIGHT = 2.0
"""Weight of the box loss relative to the heat map's."""


def heat_loss(logits: Tensor, heat: Tensor, free: Tensor, trusted: Tensor) -> Tensor:
    """Return the focal loss with soft peaks (Law & Deng 2018, arXiv:1808.01244).

    Args:
        logits: N × s × s.
        heat: N × s × s, 1 at centres.
        free: N × s × s, 0 where it is unknown whether there is a face.
        trusted: N; false for scenes that may contain unlisted faces, where confident detections
            are not counted as errors.

    Returns:
        The sum over all positions; per face it is of the order of 1.
    """
    p = torch.sigmoid(logits)
    hit = (heat >= 1).float()
    positive = hit * (1 - p) ** 2 * functional.softplus(-logits)
    negative = (1 - hit) * (1 - heat) ** 4 * p**2 * functional.softplus(logits)
    ignored = (p > UNLISTED_PROBABILITY) & (heat < 0.05) & ~trusted.view(-1, 1, 1)
    return ((positive + negative) * free * (~ignored).float()).sum()


def box_loss(boxes: Tensor, targets: Tensor, weight: Tensor) -> Tensor:
    """Return the smooth L1 distance of boxes, weighted and summed; at most 1 per face.

    Args:
        boxes: N × 3 × s × s.
        targets: The same shape.
        weight: N × s × s.
    """
    distance = functional.smooth_l1_loss(boxes, targets, reduction="none", beta=0.1)
    return (distance.sum(1) * weight).sum()

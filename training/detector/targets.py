"""Training targets of scenes, at every position of the network's output, on the device."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from worker.vision.detect.proposal import OFFSET_UNIT, SIDE_UNIT, STRIDE

PEAK = 0.1
"""Spread of a face's peak in the heat map, as a share of its side."""
CORE = 0.16
"""Positions within this distance of the centre, as a share of the side, predict the box."""


@dataclass(frozen=True, slots=True)
class DetectionTargets:
    """For N scenes of S × S px, s = S / STRIDE.

    Attributes:
        heat: N × s × s; 1 at a face's centre, decreasing around it.
        weight: N × s × s; weight of the box at a position.
        free: N × s × s; 0 where it is unknown whether there is a face.
        box: N × 3 × s × s; as `worker.vision.detect.proposal` reads it; any where `weight` is 0.
    """

    heat: Tensor
    weight: Tensor
    free: Tensor
    box: Tensor


def targets(faces: Tensor, unsure: Tensor, size: int) -> DetectionTargets:
    """Return the targets of scenes.

    Args:
        faces: N × F × 3, in px of the scene, the largest first, centres inside it; rows of zeros
            are no faces.
        unsure: N × U × 3; squares in which a detection is neither required nor an error.
        size: Side of the scenes in px.
    """
    cells = size // STRIDE
    positions = (torch.arange(cells, dtype=torch.float32, device=faces.device) + 0.5) * STRIDE
    x, y, side = (column.unsqueeze(-1) for column in faces.unbind(-1))
    dx, dy = x - positions, y - positions  # N × F × s
    spread = -0.5 / (PEAK * side).clamp(min=0.5 * STRIDE) ** 2
    reach = (CORE * side).clamp(min=0.6 * STRIDE).unsqueeze(-1) ** 2
    square = (dy**2).unsqueeze(-1) + (dx**2).unsqueeze(-2)
    core = (square < reach).float()
    # The cell of a face's centre counts even where its centre is too far away.
    cell = ((y / STRIDE).long().clamp(0, cells - 1) * cells
            + (x / STRIDE).long().clamp(0, cells - 1))  # fmt: skip
    core.view(*faces.shape[:2], -1).scatter_(2, cell, 1.0)
    core *= (side > 0).unsqueeze(-1)
    peak = torch.exp(dy**2 * spread).unsqueeze(-1) * torch.exp(dx**2 * spread).unsqueeze(-2)
    peak.view(*faces.shape[:2], -1).scatter_(2, cell, 1.0)
    heat = peak.mul_((side > 0).unsqueeze(-1)).amax(1)
    # Of two overlapping faces, the smaller one is in front: the faces are ordered by size.
    rank = torch.arange(1.0, faces.shape[1] + 1, device=faces.device).view(1, -1, 1, 1)
    front = (core * rank).amax(1, keepdim=True)
    has_box, front = (front > 0).squeeze(1), (front.long() - 1).clamp(min=0)
    share = 1 / core.sum((2, 3)).clamp(min=1)
    weight = share.gather(1, front.flatten(1)).view_as(heat) * has_box
    x, y, side = (column.gather(1, front.flatten(1)).view_as(heat) for column in faces.unbind(-1))
    unit = side.clamp(min=1e-3)
    offsets = (x - positions) / unit, (y - positions.unsqueeze(1)) / unit
    box = torch.stack([*(o / OFFSET_UNIT for o in offsets), torch.log(unit / SIDE_UNIT)], 1)
    inside = [
        (((v.unsqueeze(-1) - positions).abs() < unsure[..., 2:] / 2).float())
        for v in (unsure[..., 1], unsure[..., 0])
    ]
    blocked = inside[0].transpose(1, 2) @ inside[1] > 0
    free = (~blocked | (heat > 0.3)).float()
    return DetectionTargets(heat, weight, free, box * has_box.unsqueeze(1))

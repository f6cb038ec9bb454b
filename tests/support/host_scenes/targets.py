"""Training targets of a scene, at every position of the network's output."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.detector.square import Squares
from worker.vision.detect.proposal import OFFSET_UNIT, SIDE_UNIT, STRIDE

Floats = npt.NDArray[np.float32]

PEAK = 0.1
"""Spread of a face's peak in the heat map, as a share of its side."""
CORE = 0.16
"""Positions within this distance of the centre, as a share of the side, predict the box."""


@dataclass(frozen=True, slots=True)
class DetectionTargets:
    """For a scene of S × S px, s = S / STRIDE.

    Attributes:
        heat: s × s; 1 at a face's centre, decreasing around it.
        box: 3 × s × s; as `worker.vision.detect.proposal` reads it; 0 where `weight` is.
        weight: s × s; weight of the box at a position.
        free: s × s; 0 where it is unknown whether there is a face.
    """

    heat: Floats
    box: Floats
    weight: Floats
    free: Floats


def targets(faces: Squares, unsure: Squares, size: int) -> DetectionTargets:
    """Return the targets of one scene.

    Args:
        faces: In px of the scene; centres inside it.
        unsure: Squares in which a detection is neither required nor an error.
        size: Side of the scene in px.
    """
    cells = size // STRIDE
    positions = (np.arange(cells, dtype=np.float32) + 0.5) * STRIDE
    heat = np.zeros((cells, cells), dtype=np.float32)
    box = np.zeros((3, cells, cells), dtype=np.float32)
    weight, free = np.zeros_like(heat), np.ones_like(heat)
    for x, y, side in unsure:
        inside = (np.abs(positions - y) < side / 2)[:, None] & (np.abs(positions - x) < side / 2)
        free[inside] = 0
    # Large faces first: of two overlapping faces, the smaller one is in front.
    for x, y, side in sorted(faces.tolist(), key=lambda face: -face[2]):
        dx, dy = x - positions, y - positions
        square = dx[None] ** 2 + dy[:, None] ** 2
        peak = np.exp(-square / (2 * max(0.5 * STRIDE, PEAK * side) ** 2))
        row, column = _cell(y, cells), _cell(x, cells)
        peak[row, column] = 1
        heat = np.maximum(heat, peak)
        free[peak > 0.3] = 1
        core = square < max(0.6 * STRIDE, CORE * side) ** 2
        core[row, column] = True
        weight[core] = 1 / core.sum()
        box[0, core] = np.broadcast_to(dx / side / OFFSET_UNIT, heat.shape)[core]
        box[1, core] = np.broadcast_to(dy[:, None] / side / OFFSET_UNIT, heat.shape)[core]
        box[2, core] = np.log(side / SIDE_UNIT)
    return DetectionTargets(heat, box, weight, free)


def _cell(value: float, cells: int) -> int:
    return min(max(int(value / STRIDE), 0), cells - 1)

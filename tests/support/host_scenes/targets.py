"""Faces of a scene -> what the network should say at every place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.proposals.square import Squares
from worker.detect.proposal import OFFSET_UNIT, SIDE_UNIT, STRIDE

Floats = npt.NDArray[np.float32]

PEAK = 0.1
"""Spread of a face's peak in the heat map, as a share of its side."""
CORE = 0.16
"""Places this near to the centre, as a share of the side, must tell the box."""


@dataclass(frozen=True, slots=True)
class Targets:
    """For a scene of S × S px, s = S / STRIDE.

    Attributes:
        heat: s × s; 1 at a face's centre, falling off around it.
        box: 3 × s × s; as `worker.detect.proposal` reads it; 0 where `weight` is.
        weight: s × s; how much the box counts at a place.
        free: s × s; 0 where it is unknown whether there is a face.
    """

    heat: Floats
    box: Floats
    weight: Floats
    free: Floats


def targets(faces: Squares, unsure: Squares, size: int) -> Targets:
    """Draw the targets of one scene.

    Args:
        faces: In px of the scene; centres inside it.
        unsure: Squares in which a face is neither asked for nor punished.
        size: Side of the scene in px.
    """
    cells = size // STRIDE
    places = (np.arange(cells, dtype=np.float32) + 0.5) * STRIDE
    heat = np.zeros((cells, cells), dtype=np.float32)
    box = np.zeros((3, cells, cells), dtype=np.float32)
    weight, free = np.zeros_like(heat), np.ones_like(heat)
    for x, y, side in unsure:
        inside = (np.abs(places - y) < side / 2)[:, None] & (np.abs(places - x) < side / 2)
        free[inside] = 0
    # Large faces first: where two overlap, the smaller one is in front.
    for x, y, side in sorted(faces.tolist(), key=lambda face: -face[2]):
        dx, dy = x - places, y - places
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
    return Targets(heat, box, weight, free)


def _cell(value: float, cells: int) -> int:
    return min(max(int(value / STRIDE), 0), cells - 1)

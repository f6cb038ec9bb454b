"""Batches of scenes and their targets, on the device."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor

from training.common.random_source import RandomSource
from training.detector.scenes import SceneComposer
from training.detector.scenes.placement import SIDE
from training.detector.targets import targets


class Batch(NamedTuple):
    """Scenes of S × S px and their targets; see `DetectionTargets`, with s cells per side.

    Attributes:
        pixels: N × 3 × S × S float32, whole numbers 0 … 255.
        heat: N × s × s.
        weight: N × s × s.
        free: N × s × s.
        boxes: N × 3 × s × s.
        face_free: N, bool.
        faces: N; number of faces.
    """

    pixels: Tensor
    heat: Tensor
    weight: Tensor
    free: Tensor
    boxes: Tensor
    face_free: Tensor
    faces: Tensor


def draw_batch(composer: SceneComposer, count: int, rng: RandomSource) -> Batch:
    """Return `count` random scenes with their targets."""
    drawn = composer.draw(count, rng)
    goal = targets(drawn.faces, drawn.unsure, SIDE)
    faces = (drawn.faces[..., 2] > 0).sum(1)
    return Batch(drawn.pixels, goal.heat, goal.weight, goal.free, goal.box, drawn.face_free, faces)

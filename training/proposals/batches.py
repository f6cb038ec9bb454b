"""Scenes and their targets as batches, drawn in a process of their own while the network learns."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset

from training.proposals.scene import Stage
from training.proposals.targets import targets

Batch = tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]
"""Pixels N × 3 × S × S uint8; heat, weight, free N × s × s; boxes N × 3 × s × s; whether the scene
is free of faces, N; number of faces, N."""


class _Scenes(IterableDataset):  # type: ignore[misc]  # torch is not followed
    def __init__(self, stage: Stage, count: int, seed: int) -> None:
        self._stage, self._count, self._seed = stage, count, seed

    def __iter__(self) -> Iterator[tuple[object, ...]]:
        rng = np.random.default_rng(self._seed)
        for _ in range(self._count):
            scene = self._stage.draw(rng)
            goal = targets(scene.faces, scene.unsure, scene.pixels.shape[0])
            pixels = np.ascontiguousarray(scene.pixels.transpose(2, 0, 1))
            flags = scene.face_free, len(scene.faces)
            yield pixels, goal.heat, goal.weight, goal.free, goal.box, *flags


def batches(stage: Stage, count: int, size: int, seed: int) -> Iterator[Batch]:
    """Some batches; the same seed draws the same scenes."""
    loader = DataLoader(
        _Scenes(stage, count * size, seed), batch_size=size, num_workers=1, prefetch_factor=4
    )
    yield from loader

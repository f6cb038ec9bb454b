"""Training targets of scenes: read back as faces, equal to the reference's."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch", exc_type=ImportError)

import torch

from tests.support import host_scenes
from training.detector.square import Squares, squares
from training.detector.targets import DetectionTargets, targets
from worker.vision.detect.proposal import STRIDE, non_max_suppression, read

SIDE = 256


def batched(faces: Squares, unsure: Squares) -> DetectionTargets:
    rows = [np.pad(rows, ((0, 3), (0, 0)))[None] for rows in (faces, unsure)]
    return targets(*(torch.from_numpy(row) for row in rows), SIDE)


def test_targets_read_back_as_the_faces() -> None:
    faces = squares([(130, 190, 100), (60.5, 70.25, 40), (180, 30, 16)])
    goal = batched(faces, squares())
    logits = np.where(goal.heat[0] >= 1, 5.0, -9.0).astype(np.float32)
    found = non_max_suppression(read(logits, goal.box[0].numpy(), 0.5))
    assert found[np.argsort(-found[:, 2]), :3] == pytest.approx(faces, abs=0.01)


def test_doubtful_places_are_neither_asked_for_nor_punished() -> None:
    goal = batched(squares(), squares([(100, 100, 48)]))
    assert goal.free[0, 100 // STRIDE, 100 // STRIDE] == 0
    assert goal.free[0, 0, 0] == 1
    assert goal.weight.sum() == 0
    assert goal.heat.sum() == 0


@pytest.mark.parametrize("seed", range(4))
def test_targets_are_those_of_the_reference(seed: int) -> None:
    rng = np.random.default_rng(seed)
    faces = squares(
        np.column_stack([rng.uniform(0, SIDE, (8, 2)), np.sort(rng.uniform(12, 180, 8))[::-1]])
    )
    unsure = squares(np.column_stack([rng.uniform(0, SIDE, (3, 2)), rng.uniform(12, 80, 3)]))
    expected, goal = host_scenes.targets(faces, unsure, SIDE), batched(faces, unsure)
    for name in ("heat", "weight", "free", "box"):
        assert getattr(goal, name)[0].numpy() == pytest.approx(getattr(expected, name), abs=1e-5)

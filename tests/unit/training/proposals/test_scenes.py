"""Scenes and what the network should say about them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from training.proposals.scene import SIDE, Source, Stage, levels
from training.proposals.square import squares
from training.proposals.targets import targets
from worker.detect.proposal import STRIDE, read, suppressed


@pytest.fixture(scope="module")
def stage() -> Stage:
    rng = np.random.default_rng(0)
    photo = rng.integers(0, 255, (200, 160, 3), dtype=np.uint8)
    ground = rng.integers(0, 255, (120, 300, 3), dtype=np.uint8)
    source = Source(levels(photo), squares([(80, 90, 70)]), squares([(20, 20, 20)]))
    return Stage([source], [ground])


def test_same_seed_draws_the_same_scene(stage: Stage) -> None:
    one, other = (stage.draw(np.random.default_rng(5)) for _ in range(2))
    assert (one.pixels == other.pixels).all()
    assert (one.faces == other.faces).all()


def test_scenes_have_their_faces_inside(stage: Stage) -> None:
    rng = np.random.default_rng(1)
    scenes = [stage.draw(rng) for _ in range(60)]
    assert all(scene.pixels.shape == (SIDE, SIDE, 3) for scene in scenes)
    for scene in scenes:
        assert ((scene.faces[:, :2] > 0) & (scene.faces[:, :2] < SIDE)).all()
    assert all(not len(scene.faces) for scene in scenes if scene.face_free)
    assert any(scene.face_free for scene in scenes)
    assert max(len(scene.faces) for scene in scenes) > 4


def test_face_lies_where_its_pixels_went() -> None:
    photo = np.zeros((200, 160, 3), np.uint8)
    photo[80:100, 70:90] = 255  # around the face's centre
    stage = Stage([Source(levels(photo), squares([(80, 90, 70)]), squares())], [])
    rng = np.random.default_rng(3)
    bright = []
    for _ in range(40):
        scene = stage.draw(rng)
        for x, y, side in scene.faces:
            if side > 40 and len(scene.faces) == 1:
                at = scene.pixels[int(y), int(x)].astype(int)
                bright.append(at.mean() - scene.pixels[:, int(x)].mean())
    assert np.median(bright) > 20


def test_targets_read_back_as_the_faces() -> None:
    faces = squares([(60.5, 70.25, 40), (180, 30, 16), (130, 190, 100)])
    goal = targets(faces, squares(), SIDE)
    logits = np.where(goal.heat >= 1, 5.0, -9.0).astype(np.float32)
    found = suppressed(read(logits, goal.box, 0.5))
    found = found[np.argsort(found[:, 2])]
    assert found[:, :3] == pytest.approx(faces[np.argsort(faces[:, 2])], abs=0.01)


def test_doubtful_places_are_neither_asked_for_nor_punished() -> None:
    goal = targets(squares(), squares([(100, 100, 48)]), SIDE)
    assert goal.free[100 // STRIDE, 100 // STRIDE] == 0
    assert goal.free[0, 0] == 1
    assert math.isclose(float(goal.weight.sum()), 0)

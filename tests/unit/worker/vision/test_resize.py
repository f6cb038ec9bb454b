"""Downscaled copies of pictures."""

from __future__ import annotations

import numpy as np
import pytest

from worker.vision.resize import halved, resized


@pytest.mark.parametrize("shape", [(1, 5000), (5000, 1), (3, 3), (640, 480), (777, 644)])
@pytest.mark.parametrize("scale", [0.064, 0.4, 1, 1.7])
def test_a_copy_has_the_size_given_by_its_scale(shape: tuple[int, int], scale: float) -> None:
    copy = resized(np.zeros((*shape, 3), np.uint8), scale)
    assert copy.shape == (*(max(1, round(length * scale)) for length in shape), 3)


def test_patterns_finer_than_the_copy_disappear() -> None:
    checks = np.indices((640, 640)).sum(axis=0) % 2 * 255
    copy = resized(np.repeat(checks[:, :, None], 3, axis=2).astype(np.uint8), 0.3)
    assert np.abs(copy.astype(int) - 127.5).max() < 2


def test_positions_are_preserved() -> None:
    picture = np.zeros((601, 401, 3), np.uint8)
    picture[300:, 200:] = 200
    copy = resized(picture, 0.25)
    assert copy[:74].max() == 0
    assert copy[:, :49].max() == 0
    assert copy[76:, 51:].min() == 200


@pytest.mark.parametrize(
    ("length", "left"), [(239, 239), (240, 120), (241, 120), (479, 239), (481, 120)]
)
def test_halving_stops_before_the_copy_is_too_small(length: int, left: int) -> None:
    assert halved(np.zeros((length, 2 * length, 3), np.uint8), 120).shape[0] == left

"""One box per face, and the network's input."""

from __future__ import annotations

import numpy as np
import pytest

from worker.vision.detect.proposal import MULTIPLE, non_max_suppression, padded


def test_one_box_per_face_is_kept() -> None:
    found = np.array(
        [[50, 50, 40, 0.9], [53, 50, 42, 0.8], [150, 50, 40, 0.7], [50, 52, 30, 0.6]], np.float32
    )
    assert [round(float(row[3]), 1) for row in non_max_suppression(found)] == [0.9, 0.7]


def test_a_small_face_inside_a_large_box_is_kept() -> None:
    found = np.array([[100, 100, 100, 0.9], [120, 120, 20, 0.8]], np.float32)
    assert len(non_max_suppression(found)) == 2


def test_a_suppressed_box_suppresses_no_other() -> None:
    chain = np.array(
        [[100, 100, 60, 0.9], [120, 100, 60, 0.8], [140, 100, 60, 0.7]], dtype=np.float32
    )
    assert non_max_suppression(chain[:2])[:, 0].tolist() == [100]
    assert non_max_suppression(chain[1:])[:, 0].tolist() == [120]
    assert non_max_suppression(chain)[:, 0].tolist() == [100, 140]


@pytest.mark.parametrize("shape", [(1, 1), (32, 64), (33, 63), (213, 320)])
def test_padding_adds_gray_on_the_right_and_below(shape: tuple[int, int]) -> None:
    pixels = np.full((*shape, 3), 7, np.uint8)
    result = padded(pixels)
    assert not result.shape[0] % MULTIPLE
    assert not result.shape[1] % MULTIPLE
    assert (result[: shape[0], : shape[1]] == 7).all()
    assert (result[shape[0] :] == 128).all()
    assert (result[:, shape[1] :] == 128).all()

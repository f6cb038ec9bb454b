"""dlib's frontal detector, reduced to upright faces of one size."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import dlib
import numpy as np
import pytest

from glasses.errors import ModelError
from worker.vision.decode import decode
from worker.vision.detect import frontal
from worker.vision.photo import Pixels

FACES = {"hopper.jpg": 86, "collins.jpg": 78, "giunchedi.jpg": 86, "van-rossum.jpg": 73}
"""Sizes of the faces in px."""


def region(path: Path, side: int, turned: float = 0.0) -> Pixels:
    """Return a photo whose face is `side` px large in dlib's full detector, or rotated."""
    pixels = decode(path.read_bytes()).pixels
    (box,) = frontal.frontal()(pixels)
    scale = side / box.width()
    x, y = scale * box.center().x, scale * box.center().y
    matrix = cv2.getRotationMatrix2D((x, y), turned, 1.0)
    small = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    matrix[:, 2] += 75 - x, 75 - y
    return np.asarray(cv2.warpAffine(small, matrix, (150, 150)), np.uint8)


def boxes(detector: Any, pixels: Pixels) -> list[tuple[int, int, int, float]]:
    """Return left, top, width and score of each face."""
    found, scores, _ = detector.run(pixels, 0, 0.0)
    return [
        (box.left(), box.top(), box.width(), score)
        for box, score in zip(found, scores, strict=True)
    ]


@pytest.mark.parametrize(("name", "side"), FACES.items())
def test_upright_faces_score_as_in_the_full_detector(
    name: str, side: int, demo_photos: Path
) -> None:
    pixels = region(demo_photos / name, side)
    (seen,) = boxes(frontal.upright(), pixels)
    assert seen == boxes(frontal.frontal(), pixels)[0]


def test_large_and_rotated_faces_are_left_to_the_full_detector(demo_photos: Path) -> None:
    large = region(demo_photos / "hopper.jpg", 135)
    turned = region(demo_photos / "hopper.jpg", 86, turned=32)
    for pixels in (large, turned):
        assert boxes(frontal.frontal(), pixels)
        assert not boxes(frontal.upright(), pixels)


def test_the_saved_detector_is_the_one_of_the_installed_dlib() -> None:
    assert (frontal.FILE.read_bytes(),) == dlib.get_frontal_face_detector().__getstate__()


def test_a_damaged_detector_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frontal, "FILE", tmp_path / "detector.svm")
    with pytest.raises(ModelError, match="cannot be read"):
        frontal.frontal()
    frontal.FILE.write_bytes(b"something else")
    with pytest.raises(ModelError, match="is damaged"):
        frontal.upright()

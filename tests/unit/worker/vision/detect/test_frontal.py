"""dlib's detector without what upright faces of one size do not need."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import dlib
import numpy as np
import pytest

from worker.decode import decode
from worker.detect import frontal
from worker.photo import Pixels

FACES = {"hopper.jpg": 86, "collins.jpg": 78, "giunchedi.jpg": 86, "van-rossum.jpg": 73}
"""Px that each face shall have."""


def region(path: Path, side: int, turned: float = 0.0) -> Pixels:
    """A photo whose face dlib's whole detector sees `side` px large, perhaps turned."""
    pixels = decode(path.read_bytes()).pixels
    (box,) = dlib.get_frontal_face_detector()(pixels)
    scale = side / box.width()
    x, y = scale * box.center().x, scale * box.center().y
    matrix = cv2.getRotationMatrix2D((x, y), turned, 1.0)
    small = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    matrix[:, 2] += 75 - x, 75 - y
    return np.asarray(cv2.warpAffine(small, matrix, (150, 150)), np.uint8)


def boxes(detector: Any, pixels: Pixels) -> list[tuple[int, int, int, float]]:
    """Left, top, width and score of each face."""
    found, scores, _ = detector.run(pixels, 0, 0.0)
    return [
        (box.left(), box.top(), box.width(), score)
        for box, score in zip(found, scores, strict=True)
    ]


@pytest.mark.parametrize(("name", "side"), FACES.items())
def test_upright_face_is_seen_as_by_the_whole_detector(
    name: str, side: int, demo_photos: Path
) -> None:
    pixels = region(demo_photos / name, side)
    (seen,) = boxes(frontal.upright(), pixels)
    assert seen == boxes(dlib.get_frontal_face_detector(), pixels)[0]


def test_large_and_turned_faces_are_left_to_the_whole_detector(demo_photos: Path) -> None:
    large = region(demo_photos / "hopper.jpg", 135)
    turned = region(demo_photos / "hopper.jpg", 86, turned=32)
    for pixels in (large, turned):
        assert boxes(dlib.get_frontal_face_detector(), pixels)
        assert not boxes(frontal.upright(), pixels)


def test_another_dlib_that_keeps_its_detector_otherwise_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Other:
        def __getstate__(self) -> tuple[bytes]:
            return (b"something else",)

    monkeypatch.setattr(dlib, "get_frontal_face_detector", Other)
    with pytest.raises(RuntimeError, match="unknown way"):
        frontal.upright()

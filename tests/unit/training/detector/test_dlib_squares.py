"""The network's squares are fitted to dlib's."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("torch", exc_type=ImportError)

import torch

from training.detector import dlib_squares
from training.detector.network import FEATURES
from training.detector.square import of_detections, overlap
from training.detector.weights import from_release
from worker.vision import model_store
from worker.vision.decode import decode
from worker.vision.detect.cascade import RELEASE, CascadeDetector
from worker.vision.photo import DecodedPhoto

PEOPLE = ("collins", "giunchedi", "hopper", "van-rossum")


@pytest.fixture
def photos(demo_photos: Path) -> list[DecodedPhoto]:
    return [decode((demo_photos / f"{name}.jpg").read_bytes()) for name in PEOPLE]


def test_released_squares_are_close_to_dlibs(photos: list[DecodedPhoto]) -> None:
    cascade = CascadeDetector.load()
    for photo in photos:
        (face,) = cascade(photo)
        dlibs = cascade.check(photo, face)
        assert dlibs.score > 0
        assert overlap(of_detections([face]), of_detections([dlibs]))[0, 0] > 0.7


def test_squares_are_fitted(photos: list[DecodedPhoto]) -> None:
    model = from_release(model_store.MODELS / RELEASE / "model.onnx")
    before = model.to_square.clone()
    found = dlib_squares.fit(model, CascadeDetector.load(), [photo.again() for photo in photos])
    assert found.shape == (FEATURES, 3)
    assert torch.equal(model.to_square, before)  # the caller decides


def test_photos_without_a_face_teach_nothing() -> None:
    model = from_release(model_store.MODELS / RELEASE / "model.onnx")
    empty = DecodedPhoto.of(torch.full((300, 400, 3), 128, dtype=torch.uint8).numpy())
    assert dlib_squares._pair(model, CascadeDetector.load(), empty, 192) is None

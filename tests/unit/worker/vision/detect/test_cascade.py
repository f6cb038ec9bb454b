"""A network finds faces, and dlib confirms those of which it is unsure."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from glasses.errors import ModelError
from worker.vision.decode import decode
from worker.vision.detect import Detection
from worker.vision.detect.cascade import CascadeDetector, CascadePolicy
from worker.vision.photo import DecodedPhoto

EYES = {
    "hopper.jpg": (267, 197),
    "collins.jpg": (164, 116),
    "giunchedi.jpg": (403, 165),
    "van-rossum.jpg": (326, 225),
}
"""The point between the eyes in px, located by eye."""
PEOPLE = {"group-with-glasses.jpg": 3, "group-without-glasses.jpg": 2}


@pytest.fixture(scope="module")
def cascade() -> CascadeDetector:
    return CascadeDetector.load()


def photo_of(path: Path) -> DecodedPhoto:
    return decode(path.read_bytes())


def assert_between_eyes(face: Detection, eyes: tuple[float, float]) -> None:
    assert 0.3 < (eyes[0] - face.left) / face.width < 0.7
    assert 0.15 < (eyes[1] - face.top) / face.height < 0.55


@pytest.mark.parametrize(("name", "eyes"), EYES.items())
def test_a_face_is_found_and_confirmed(
    name: str, eyes: tuple[int, int], demo_photos: Path, cascade: CascadeDetector
) -> None:
    (face,) = cascade(photo_of(demo_photos / name))
    assert face.confirmed
    assert_between_eyes(face, eyes)


@pytest.mark.parametrize(("name", "count"), PEOPLE.items())
def test_everyone_in_a_group_is_found(
    name: str, count: int, demo_photos: Path, cascade: CascadeDetector
) -> None:
    assert len(cascade(photo_of(demo_photos / name))) == count


@pytest.mark.parametrize("name", PEOPLE)
def test_one_face_is_found_if_only_the_main_one_is_requested(name: str, demo_photos: Path) -> None:
    assert len(CascadeDetector.load(CascadePolicy.MAIN)(photo_of(demo_photos / name))) == 1


def test_a_small_face_in_a_large_photo_is_found(
    demo_photos: Path, cascade: CascadeDetector
) -> None:
    portrait = photo_of(demo_photos / "hopper.jpg").pixels
    small = cv2.resize(portrait, None, fx=0.2, fy=0.2, interpolation=cv2.INTER_AREA)
    scene = np.full((900, 1200, 3), 90, np.uint8)
    scene[700 : 700 + small.shape[0], 100 : 100 + small.shape[1]] = small
    (face,) = cascade(DecodedPhoto.of(scene))
    assert_between_eyes(face, (100 + 267 / 5, 700 + 197 / 5))


def test_a_tilted_face_is_found(demo_photos: Path, cascade: CascadeDetector) -> None:
    portrait = photo_of(demo_photos / "van-rossum.jpg").pixels
    height, width = portrait.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), 35, 1.0)
    tilted = np.asarray(cv2.warpAffine(portrait, matrix, (width, height)), np.uint8)
    eyes = matrix @ (*EYES["van-rossum.jpg"], 1)
    (face,) = cascade(DecodedPhoto.of(tilted))
    assert abs(eyes[0] - face.left - face.width / 2) < face.width / 2
    assert abs(eyes[1] - face.top - face.height / 2) < face.height / 2


@pytest.mark.parametrize("shape", [(1, 1), (2, 700), (700, 2), (40, 40), (1280, 960)])
def test_nothing_is_found_in_an_empty_picture_of_any_shape(
    shape: tuple[int, int], cascade: CascadeDetector
) -> None:
    assert cascade(DecodedPhoto.of(np.full((*shape, 3), 128, np.uint8))) == []


@pytest.mark.parametrize("name", ["cat.jpg", "coffee.webp"])
def test_no_human_face_is_found_in_pictures_without_one(
    name: str, demo_photos: Path, cascade: CascadeDetector
) -> None:
    assert all(face.low_confidence for face in cascade(photo_of(demo_photos / name)))


def test_detection_is_deterministic(demo_photos: Path, cascade: CascadeDetector) -> None:
    photo = photo_of(demo_photos / "giunchedi.jpg")
    assert cascade(photo) == CascadeDetector.load()(photo.again())


def test_a_changed_network_is_rejected(tmp_path: Path) -> None:
    from worker.vision.detect.cascade import RELEASE
    from worker.vision.model_store import MODELS

    for name in ("manifest.json", "model.onnx"):
        (tmp_path / name).write_bytes((MODELS / RELEASE / name).read_bytes())
    with (tmp_path / "model.onnx").open("ab") as file:
        file.write(b"\0")
    with pytest.raises(ModelError, match="not the released one"):
        CascadeDetector.load(folder=tmp_path)


def test_different_policies_have_different_versions() -> None:
    assert CascadeDetector.load().version != CascadeDetector.load(CascadePolicy.MAIN).version


def test_the_wide_pass_enlarges_a_photo_only_to_locate_small_faces(
    cascade: CascadeDetector,
) -> None:
    small = [Detection(10, 10, 20, 20, 0.5, confirmed=False)]
    for longest, empty, with_small in ((180, 180, 180), (400, 400, 416), (3000, 416, 416)):
        photo = DecodedPhoto.of(np.zeros((100, longest, 3), np.uint8))
        assert cascade.wide_side(photo, []) == empty
        assert cascade.wide_side(photo, small) == with_small

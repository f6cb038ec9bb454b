from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from worker.vision.decode import decode
from worker.vision.detect import Detection, HogDetector
from worker.vision.photo import DecodedPhoto

EYES = {
    "hopper.jpg": (267, 197),
    "collins.jpg": (164, 116),
    "giunchedi.jpg": (403, 165),
    "van-rossum.jpg": (326, 225),
}
"""The point between the eyes in px, located by eye."""
VARIANTS = (
    "hopper.webp",
    "hopper-16-bit.png",
    "hopper-alpha.png",
    "hopper-cmyk.jpg",
    "hopper-grayscale.jpg",
    "hopper-rotated-by-exif.jpg",
    "hopper-12-megapixels.jpg",
)


@pytest.fixture(scope="module")
def detector() -> HogDetector:
    return HogDetector()


def only_box(path: Path, detector: HogDetector) -> list[float]:
    """Return the box of the only face in fractions of the photo's width."""
    photo = decode(path.read_bytes())
    (face,) = detector(photo)
    return [value / photo.width for value in (face.left, face.top, face.width, face.height)]


@pytest.mark.parametrize(("name", "eyes"), EYES.items())
def test_a_face_is_found_at_its_location(
    name: str, eyes: tuple[int, int], demo_photos: Path, detector: HogDetector
) -> None:
    (face,) = detector(decode((demo_photos / name).read_bytes()))
    x, y = (eyes[0] - face.left) / face.width, (eyes[1] - face.top) / face.height
    assert 0.3 < x < 0.7
    assert 0.15 < y < 0.5


@pytest.mark.parametrize("name", VARIANTS)
def test_a_face_is_found_at_the_same_location_in_every_variant(
    name: str, demo_photos: Path, detector: HogDetector
) -> None:
    plain = only_box(demo_photos / "hopper.jpg", detector)
    variant = only_box(demo_photos / name, detector)
    assert variant == pytest.approx(plain, abs=0.1)


def test_everyone_in_a_group_is_found_most_confident_first(
    demo_photos: Path, detector: HogDetector
) -> None:
    faces = detector(decode((demo_photos / "group-with-glasses.jpg").read_bytes()))
    assert len(faces) == 3
    assert [face.score for face in faces] == sorted((f.score for f in faces), reverse=True)
    assert len({round(face.left / 100) for face in faces}) == 3


def test_a_small_face_is_found_at_a_larger_scale(demo_photos: Path, detector: HogDetector) -> None:
    hopper = decode((demo_photos / "hopper.jpg").read_bytes()).pixels
    ground = np.full((1000, 1500, 3), 128, np.uint8)
    small = cv2.resize(hopper, None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA)
    ground[300 : 300 + small.shape[0], 900 : 900 + small.shape[1]] = small
    (face,) = detector(DecodedPhoto.of(ground))
    assert face.left > 900
    assert face.top > 300
    assert HogDetector(ladder=(240,))(DecodedPhoto.of(ground)) == []


def test_detection_is_deterministic(demo_photos: Path, detector: HogDetector) -> None:
    pixels = decode((demo_photos / "hopper.jpg").read_bytes()).pixels
    before = pixels.copy()
    photo = DecodedPhoto.of(pixels)
    assert detector(photo) == detector(photo) == HogDetector()(photo)
    assert (pixels == before).all()


@pytest.mark.parametrize(
    "shape", [(1, 1), (1, 2), (2, 1), (10, 20000), (20000, 10), (1, 5000), (300, 300)]
)
@pytest.mark.parametrize("value", [0, 255])
def test_a_blank_picture_has_no_face(
    shape: tuple[int, int], value: int, detector: HogDetector
) -> None:
    assert detector(DecodedPhoto.of(np.full((*shape, 3), value, np.uint8))) == []


def test_the_version_distinguishes_scale_ladders() -> None:
    assert HogDetector((240,)).version != HogDetector((240, 400)).version
    assert HogDetector().version == HogDetector().version


def test_a_detection_is_immutable() -> None:
    with pytest.raises(AttributeError):
        Detection(0, 0, 1, 1, 1).left = 5  # type: ignore[misc]

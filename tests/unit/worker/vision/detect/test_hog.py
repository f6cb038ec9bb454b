from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from worker.decode import decode
from worker.detect import Detection, HogDetector
from worker.photo import Photo

EYES = {
    "hopper.jpg": (267, 197),
    "collins.jpg": (164, 116),
    "giunchedi.jpg": (403, 165),
    "van-rossum.jpg": (326, 225),
}
"""Between the eyes, in px, read by eye."""
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
    """The box of the only face, as shares of the photo's width."""
    photo = decode(path.read_bytes())
    (face,) = detector(photo)
    return [value / photo.width for value in (face.left, face.top, face.width, face.height)]


@pytest.mark.parametrize(("name", "eyes"), EYES.items())
def test_face_is_found_where_it_is(
    name: str, eyes: tuple[int, int], demo_photos: Path, detector: HogDetector
) -> None:
    (face,) = detector(decode((demo_photos / name).read_bytes()))
    x, y = (eyes[0] - face.left) / face.width, (eyes[1] - face.top) / face.height
    assert 0.3 < x < 0.7
    assert 0.15 < y < 0.5


@pytest.mark.parametrize("name", VARIANTS)
def test_face_is_found_at_the_same_place_in_every_variant(
    name: str, demo_photos: Path, detector: HogDetector
) -> None:
    plain = only_box(demo_photos / "hopper.jpg", detector)
    variant = only_box(demo_photos / name, detector)
    assert variant == pytest.approx(plain, abs=0.1)


def test_everybody_in_a_group_is_found_the_most_confident_first(
    demo_photos: Path, detector: HogDetector
) -> None:
    faces = detector(decode((demo_photos / "group-with-glasses.jpg").read_bytes()))
    assert len(faces) == 3
    assert [face.score for face in faces] == sorted((f.score for f in faces), reverse=True)
    assert len({round(face.left / 100) for face in faces}) == 3


def test_small_face_is_found_on_a_higher_rung(demo_photos: Path, detector: HogDetector) -> None:
    hopper = decode((demo_photos / "hopper.jpg").read_bytes()).pixels
    ground = np.full((1000, 1500, 3), 128, np.uint8)
    small = cv2.resize(hopper, None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA)
    ground[300 : 300 + small.shape[0], 900 : 900 + small.shape[1]] = small
    (face,) = detector(Photo.of(ground))
    assert face.left > 900
    assert face.top > 300
    assert HogDetector(ladder=(240,))(Photo.of(ground)) == []


def test_same_picture_gives_the_same_faces(demo_photos: Path, detector: HogDetector) -> None:
    pixels = decode((demo_photos / "hopper.jpg").read_bytes()).pixels
    before = pixels.copy()
    photo = Photo.of(pixels)
    assert detector(photo) == detector(photo) == HogDetector()(photo)
    assert (pixels == before).all()


@pytest.mark.parametrize(
    "shape", [(1, 1), (1, 2), (2, 1), (10, 20000), (20000, 10), (1, 5000), (300, 300)]
)
@pytest.mark.parametrize("value", [0, 255])
def test_blank_picture_has_no_face(
    shape: tuple[int, int], value: int, detector: HogDetector
) -> None:
    assert detector(Photo.of(np.full((*shape, 3), value, np.uint8))) == []


def test_version_tells_ladders_apart() -> None:
    assert HogDetector((240,)).version != HogDetector((240, 400)).version
    assert HogDetector().version == HogDetector().version


def test_detection_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        Detection(0, 0, 1, 1, 1).left = 5  # type: ignore[misc]

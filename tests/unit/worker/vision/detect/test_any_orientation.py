"""Photos are searched turned where no face is found upright."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from worker.vision.crop import crop_face
from worker.vision.decode import decode
from worker.vision.detect import Detection, any_orientation
from worker.vision.detect.any_orientation import RIGHT_ANGLES, TILTS, AnyOrientationDetector
from worker.vision.detect.multi_view import SIDES
from worker.vision.photo import DecodedPhoto, Pixels, rotated

Sizes = list[int]


@pytest.fixture(scope="module")
def detector() -> AnyOrientationDetector:
    return AnyOrientationDetector.load()


@pytest.fixture
def sizes(detector: AnyOrientationDetector, monkeypatch: pytest.MonkeyPatch) -> Sizes:
    """Return the sizes at which the network has processed the photo."""
    seen: Sizes = []
    propose = detector.cascade._proposer

    def proposer(pixels: Pixels, longest: int, least: float) -> list[Detection]:
        seen.append(longest)
        return propose(pixels, longest, least)

    monkeypatch.setattr(detector.cascade, "_proposer", proposer)
    return seen


def photo_of(path: Path, rotation: int = 0) -> DecodedPhoto:
    return DecodedPhoto.of(rotated(decode(path.read_bytes()).pixels, rotation))


def crop(photo: DecodedPhoto, face: Detection) -> Pixels:
    return crop_face(photo, face, 96, 0.1)


@pytest.mark.parametrize("orientation", [*RIGHT_ANGLES, *TILTS])
def test_a_turned_face_is_found_and_cropped_upright(
    orientation: int, demo_photos: Path, detector: AnyOrientationDetector
) -> None:
    upright = photo_of(demo_photos / "hopper.jpg")
    turned = photo_of(demo_photos / "hopper.jpg", -orientation)
    (expected,) = detector(upright)
    (face,) = detector(turned)
    assert face.orientation == orientation
    assert face.confirmed
    there = expected.turned(-orientation, upright.size, turned.size)
    tolerance = 0.25 * expected.width
    assert face.left + face.width / 2 == pytest.approx(there.left + there.width / 2, abs=tolerance)
    assert face.top + face.height / 2 == pytest.approx(there.top + there.height / 2, abs=tolerance)
    same = face.turned(orientation, turned.size, upright.size)
    similarity = np.corrcoef(crop(upright, same).ravel(), crop(turned, face).ravel())[0, 1]
    assert similarity > 0.95


@pytest.mark.parametrize("orientation", RIGHT_ANGLES)
def test_everyone_in_a_turned_group_is_found(
    orientation: int, demo_photos: Path, detector: AnyOrientationDetector
) -> None:
    faces = detector(photo_of(demo_photos / "group-with-glasses.jpg", -orientation))
    assert [face.orientation for face in faces] == [orientation] * 3


@pytest.mark.parametrize("name", ["hopper.jpg", "collins.jpg", "giunchedi.jpg", "van-rossum.jpg"])
def test_a_photo_with_an_upright_face_is_searched_once(
    name: str, demo_photos: Path, detector: AnyOrientationDetector, sizes: Sizes
) -> None:
    photo = photo_of(demo_photos / name)
    assert detector(photo) == detector.cascade(photo)
    assert sizes == [192, 192]


def test_a_group_of_small_upright_faces_is_not_searched_turned(
    demo_photos: Path, detector: AnyOrientationDetector, sizes: Sizes
) -> None:
    people = photo_of(demo_photos / "group-with-glasses.jpg").pixels
    scene = np.full((3 * people.shape[0], 3 * people.shape[1], 3), 90, np.uint8)
    scene[-people.shape[0] :, : people.shape[1]] = people
    assert len(detector(DecodedPhoto.of(scene))) == 3
    assert sizes == [192, 416]


def test_neither_tilts_nor_votes_are_tried_if_the_network_proposes_nothing(
    detector: AnyOrientationDetector, sizes: Sizes
) -> None:
    assert detector(DecodedPhoto.of(np.full((300, 400, 3), 128, np.uint8))) == []
    assert sizes == [192, 192, 192, 192, 400]  # upright, three right angles, the wide pass


def test_a_photo_in_which_the_network_proposes_something_is_voted_on(
    demo_photos: Path, detector: AnyOrientationDetector, sizes: Sizes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(any_orientation, "TURNED", 9.0)  # as if all faces were less probable
    monkeypatch.setattr(any_orientation, "TILTED", 9.0)
    monkeypatch.setattr(detector.cascade, "_accept", lambda *_: [])
    assert detector(photo_of(demo_photos / "hopper.jpg"))
    assert set(SIDES) <= set(sizes)


def test_a_turned_copy_shows_what_the_turned_photo_shows(
    demo_photos: Path, detector: AnyOrientationDetector
) -> None:
    photo = photo_of(demo_photos / "hopper.jpg", 90)
    found = list(detector.cascade.turned_probabilities(photo, RIGHT_ANGLES))
    for orientation, probability in zip(RIGHT_ANGLES, found, strict=True):
        proposals = detector.cascade.proposals(photo.turned(orientation), 192)
        best = max((face.score for face in proposals), default=0.0)
        assert probability == pytest.approx(best, abs=0.05), orientation
    assert max(found) == found[RIGHT_ANGLES.index(270)]


def test_a_face_that_only_several_views_show_is_found_turned(
    demo_photos: Path, detector: AnyOrientationDetector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(any_orientation, "TURNED", 9.0)  # as if the face were less probable
    (face,) = detector(photo_of(demo_photos / "hopper.jpg", 90))
    assert face.orientation == 270


@pytest.mark.parametrize("name", ["cat.jpg", "coffee.webp"])
def test_nothing_is_found_in_photos_without_a_face(
    name: str, demo_photos: Path, detector: AnyOrientationDetector
) -> None:
    for rotation in (0, 90, 180, 270):
        faces = detector(photo_of(demo_photos / name, rotation))
        assert all(face.low_confidence for face in faces)


def test_the_rule_is_part_of_the_version(detector: AnyOrientationDetector) -> None:
    assert detector.version.startswith(f"{detector.cascade.version}-")

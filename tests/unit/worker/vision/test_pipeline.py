from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from glasses.protocol.outcome import Outcome
from glasses.protocol.statuses import FailureReason, PhotoStatus
from worker.vision import model_store
from worker.vision.classify import OnnxClassifier
from worker.vision.detect import Detection
from worker.vision.photo import DecodedPhoto
from worker.vision.pipeline import DetectedFaces, Pipeline

Demo = dict[str, DetectedFaces | Outcome]


class StopError(Exception):
    """Stands for Celery's SoftTimeLimitExceeded, which is an ordinary Exception too."""


class FakeDetector:
    """Returns the configured faces or raises the configured error."""

    version = "fake"
    side = 1280

    def __init__(self, answer: list[Detection] | BaseException) -> None:
        self._answer = answer

    def __call__(self, photo: DecodedPhoto) -> list[Detection]:
        del photo
        if isinstance(self._answer, BaseException):
            raise self._answer
        return self._answer


@pytest.fixture(scope="module")
def classifier(brightness_model: Path) -> OnnxClassifier:
    return OnnxClassifier(model_store.load(str(brightness_model)))


@pytest.fixture(scope="module")
def found(pipeline: Pipeline, demo_photos: Path, expected: dict[str, str]) -> Demo:
    return {name: pipeline.find((demo_photos / name).read_bytes()) for name in expected}


def photo(*levels: int, width: int = 100) -> bytes:
    """Gray columns beside each other, as a PNG."""
    pixels = np.zeros((width, width * len(levels), 3), np.uint8)
    for place, level in enumerate(levels):
        pixels[:, place * width : (place + 1) * width] = level
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def test_demo_photos_have_the_expected_outcomes(
    pipeline: Pipeline, found: Demo, expected: dict[str, str]
) -> None:
    failed = PhotoStatus.FAILED
    statuses = {"no-face": PhotoStatus.NO_FACE, "failed": failed, "ignored": failed}
    outcomes = dict(zip(found, pipeline.classify(list(found.values())), strict=True))
    for name, verdict in expected.items():
        outcome = outcomes[name]
        assert outcome.status is statuses.get(verdict, PhotoStatus.CLASSIFIED), name
        assert bool(outcome.faces) is (outcome.status is PhotoStatus.CLASSIFIED), name
        assert (outcome.reason is not None) is (outcome.status is PhotoStatus.FAILED), name
    assert outcomes["empty.jpg"].reason is FailureReason.EMPTY
    assert outcomes["notes.txt"].reason is FailureReason.NOT_AN_IMAGE
    assert outcomes["hopper-truncated.jpg"].reason is FailureReason.CORRUPT


def test_a_batch_gives_the_same_outcomes_as_single_photos(pipeline: Pipeline, found: Demo) -> None:
    photos = list(found.values())
    alone = [pipeline.classify([each])[0] for each in photos]
    assert pipeline.classify(photos) == alone
    assert pipeline.classify(photos[::-1]) == alone[::-1]
    assert pipeline.classify(photos * 3) == alone * 3


def test_calling_the_pipeline_equals_find_then_classify(
    pipeline: Pipeline, found: Demo, demo_photos: Path
) -> None:
    for name in ("hopper.jpg", "cat.jpg", "notes.txt"):
        assert pipeline((demo_photos / name).read_bytes()) == pipeline.classify([found[name]])[0]


def test_classifying_no_faces_returns_nothing(pipeline: Pipeline) -> None:
    assert pipeline.classify([]) == []
    failed = Outcome.failed(FailureReason.VANISHED)
    assert pipeline.classify([failed]) == [failed]


def test_boxes_are_in_pixels_of_the_full_size_photo(pipeline: Pipeline, demo_photos: Path) -> None:
    with Image.open(demo_photos / "hopper-12-megapixels.jpg") as image:
        width = image.width
    (large,) = pipeline((demo_photos / "hopper-12-megapixels.jpg").read_bytes()).faces
    (small,) = pipeline((demo_photos / "hopper.jpg").read_bytes()).faces
    with Image.open(demo_photos / "hopper.jpg") as image:
        ratio = width / image.width
    assert large.box.width == pytest.approx(small.box.width * ratio, rel=0.25)
    assert large.box.left == pytest.approx(small.box.left * ratio, rel=0.25)


def test_each_face_has_a_probability(classifier: OnnxClassifier) -> None:
    faces = [Detection(left, 0, 100, 100, score) for left, score in ((200, 3), (0, 2), (100, 1))]
    run = Pipeline(FakeDetector(faces), classifier)
    dark_bright = run.find(photo(0, 128, 255))
    bright_dark = run.find(photo(255, 128, 0))
    failed = Outcome.failed(FailureReason.CORRUPT)
    first, middle, last = run.classify([dark_bright, failed, bright_dark])
    assert middle is failed
    assert [face.box.left for face in first.faces] == [200, 0, 100]
    assert [face.detection_score for face in first.faces] == [3, 2, 1]
    bright, dark, gray = (face.probability for face in first.faces)
    assert bright > 0.9 > gray > 0.1 > dark
    again_dark, again_bright, _ = (face.probability for face in last.faces)
    assert again_bright > 0.9
    assert again_dark < 0.1


def test_a_low_confidence_face_counts_only_with_a_high_probability_of_glasses(
    classifier: OnnxClassifier,
) -> None:
    face = Detection(0, 0, 100, 100, 0.4, confirmed=False, low_confidence=True)
    run = Pipeline(FakeDetector([face]), classifier)
    dark, bright, gray = run.classify([run.find(photo(level)) for level in (0, 255, 128)])
    assert dark == gray == Outcome(status=PhotoStatus.NO_FACE)
    assert bright.status is PhotoStatus.CLASSIFIED
    assert [each.confirmed for each in bright.faces] == [False]
    assert bright.faces[0].probability > 0.9


def test_a_turned_face_is_turned_upright_before_it_is_classified(
    pipeline: Pipeline, demo_photos: Path
) -> None:
    upright = pipeline((demo_photos / "hopper.jpg").read_bytes())
    with Image.open(demo_photos / "hopper.jpg") as image:
        turned = image.transpose(Image.Transpose.ROTATE_90)  # counterclockwise
    buffer = io.BytesIO()
    turned.save(buffer, "JPEG", quality=95)
    outcome = pipeline(buffer.getvalue())
    assert (upright.orientation, outcome.orientation) == (0, 90)
    assert outcome.faces[0].probability == pytest.approx(upright.faces[0].probability, abs=0.05)
    box, there = outcome.faces[0].box, upright.faces[0].box
    assert box.left == pytest.approx(there.top, abs=0.2 * box.width)
    assert box.top == pytest.approx(image.width - there.left - there.width, abs=0.2 * box.width)


def test_a_photo_without_a_face_has_no_orientation(classifier: OnnxClassifier) -> None:
    assert Pipeline(FakeDetector([]), classifier)(photo(128)).orientation is None


def test_no_face_is_a_separate_outcome(classifier: OnnxClassifier) -> None:
    run = Pipeline(FakeDetector([]), classifier)
    assert run(photo(128)) == Outcome(status=PhotoStatus.NO_FACE)


@pytest.mark.parametrize("error", [RuntimeError("bug"), ValueError(), OSError()])
def test_an_exception_in_the_detector_fails_only_that_photo(
    error: Exception, classifier: OnnxClassifier, caplog: pytest.LogCaptureFixture
) -> None:
    run = Pipeline(FakeDetector(error), classifier, interrupts=(StopError,))
    assert run(photo(128)) == Outcome.failed(FailureReason.PIPELINE_ERROR)
    assert type(error).__name__ in caplog.text  # with its traceback


def test_a_photo_that_runs_out_of_memory_fails_as_out_of_memory(classifier: OnnxClassifier) -> None:
    run = Pipeline(FakeDetector(MemoryError()), classifier)
    assert run(photo(128)) == Outcome.failed(FailureReason.OUT_OF_MEMORY)


def test_an_interrupt_is_not_caught(classifier: OnnxClassifier) -> None:
    run = Pipeline(FakeDetector(StopError()), classifier, interrupts=(StopError,))
    with pytest.raises(StopError):
        run.find(photo(128))
    with pytest.raises(KeyboardInterrupt):
        Pipeline(FakeDetector(KeyboardInterrupt()), classifier).find(photo(128))


def test_the_model_name_includes_a_fingerprint_of_everything_that_decides(
    pipeline: Pipeline, classifier: OnnxClassifier, brightness_model: Path
) -> None:
    name, fingerprint = pipeline.model.split("@")
    assert name == "brightness"
    assert len(fingerprint) == 12
    assert Pipeline.load(str(brightness_model)).model == pipeline.model
    assert Pipeline(FakeDetector([]), classifier).model != pipeline.model
    assert pipeline.threshold == 0.5

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from glasses.outcome import Outcome
from glasses.statuses import FailureReason, PhotoStatus
from worker import model_store
from worker.classify import OnnxClassifier
from worker.detect import Detection
from worker.photo import Photo
from worker.pipeline import Found, Pipeline

Demo = dict[str, Found | Outcome]


class StopError(Exception):
    """Stands for Celery's SoftTimeLimitExceeded, which is an ordinary Exception too."""


class FakeDetector:
    """Finds what it is told, or raises it."""

    version = "fake"
    side = 1280

    def __init__(self, answer: list[Detection] | BaseException) -> None:
        self._answer = answer

    def __call__(self, photo: Photo) -> list[Detection]:
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


def test_demo_photos_end_as_they_should(
    pipeline: Pipeline, found: Demo, expected: dict[str, str]
) -> None:
    statuses = {"no-face": PhotoStatus.NO_FACE, "failed": PhotoStatus.FAILED}
    outcomes = dict(zip(found, pipeline.classify(list(found.values())), strict=True))
    for name, verdict in expected.items():
        outcome = outcomes[name]
        assert outcome.status is statuses.get(verdict, PhotoStatus.CLASSIFIED), name
        assert bool(outcome.faces) is (outcome.status is PhotoStatus.CLASSIFIED), name
        assert (outcome.reason is not None) is (outcome.status is PhotoStatus.FAILED), name
    assert outcomes["empty.jpg"].reason is FailureReason.EMPTY
    assert outcomes["notes.txt"].reason is FailureReason.NOT_AN_IMAGE
    assert outcomes["hopper-truncated.jpg"].reason is FailureReason.CORRUPT


def test_batch_gives_what_each_photo_gives_alone(pipeline: Pipeline, found: Demo) -> None:
    photos = list(found.values())
    alone = [pipeline.classify([each])[0] for each in photos]
    assert pipeline.classify(photos) == alone
    assert pipeline.classify(photos[::-1]) == alone[::-1]
    assert pipeline.classify(photos * 3) == alone * 3


def test_one_call_is_find_then_classify(pipeline: Pipeline, found: Demo, demo_photos: Path) -> None:
    for name in ("hopper.jpg", "cat.jpg", "notes.txt"):
        assert pipeline((demo_photos / name).read_bytes()) == pipeline.classify([found[name]])[0]


def test_nothing_is_classified_as_nothing(pipeline: Pipeline) -> None:
    assert pipeline.classify([]) == []
    failed = Outcome.failed(FailureReason.VANISHED)
    assert pipeline.classify([failed]) == [failed]


def test_boxes_are_in_px_of_the_full_size_photo(pipeline: Pipeline, demo_photos: Path) -> None:
    with Image.open(demo_photos / "hopper-12-megapixels.jpg") as image:
        width = image.width
    (large,) = pipeline((demo_photos / "hopper-12-megapixels.jpg").read_bytes()).faces
    (small,) = pipeline((demo_photos / "hopper.jpg").read_bytes()).faces
    with Image.open(demo_photos / "hopper.jpg") as image:
        ratio = width / image.width
    assert large.box.width == pytest.approx(small.box.width * ratio, rel=0.25)
    assert large.box.left == pytest.approx(small.box.left * ratio, rel=0.25)


def test_each_face_gets_its_own_probability(classifier: OnnxClassifier) -> None:
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


def test_doubtful_face_counts_only_if_it_surely_wears_glasses(classifier: OnnxClassifier) -> None:
    face = Detection(0, 0, 100, 100, 0.4, confirmed=False, doubtful=True)
    run = Pipeline(FakeDetector([face]), classifier)
    dark, bright, gray = run.classify([run.find(photo(level)) for level in (0, 255, 128)])
    assert dark == gray == Outcome(status=PhotoStatus.NO_FACE)
    assert bright.status is PhotoStatus.CLASSIFIED
    assert [each.confirmed for each in bright.faces] == [False]
    assert bright.faces[0].probability > 0.9


def test_no_face_is_an_outcome_of_its_own(classifier: OnnxClassifier) -> None:
    run = Pipeline(FakeDetector([]), classifier)
    assert run(photo(128)) == Outcome(status=PhotoStatus.NO_FACE)


@pytest.mark.parametrize("error", [RuntimeError("bug"), ValueError(), OSError()])
def test_bug_in_the_detector_fails_the_photo_alone(
    error: Exception, classifier: OnnxClassifier, caplog: pytest.LogCaptureFixture
) -> None:
    run = Pipeline(FakeDetector(error), classifier, interrupts=(StopError,))
    assert run(photo(128)) == Outcome.failed(FailureReason.PIPELINE_ERROR)
    assert type(error).__name__ in caplog.text  # with its traceback


def test_a_photo_for_which_memory_is_short_says_so(classifier: OnnxClassifier) -> None:
    run = Pipeline(FakeDetector(MemoryError()), classifier)
    assert run(photo(128)) == Outcome.failed(FailureReason.OUT_OF_MEMORY)


def test_interrupt_is_no_photo_s_fault_and_passes_through(classifier: OnnxClassifier) -> None:
    run = Pipeline(FakeDetector(StopError()), classifier, interrupts=(StopError,))
    with pytest.raises(StopError):
        run.find(photo(128))
    with pytest.raises(KeyboardInterrupt):
        Pipeline(FakeDetector(KeyboardInterrupt()), classifier).find(photo(128))


def test_model_is_named_with_a_fingerprint_of_all_that_decides(
    pipeline: Pipeline, classifier: OnnxClassifier, brightness_model: Path
) -> None:
    name, fingerprint = pipeline.model.split("@")
    assert name == "brightness"
    assert len(fingerprint) == 12
    assert Pipeline.load(str(brightness_model)).model == pipeline.model
    assert Pipeline(FakeDetector([]), classifier).model != pipeline.model
    assert pipeline.threshold == 0.5

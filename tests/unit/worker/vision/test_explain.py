from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from glasses.outcome import Outcome
from glasses.statuses import FailureReason
from worker import model_store
from worker.classify import OnnxClassifier
from worker.explain import Explainer
from worker.explain.occlusion import CELL, heat, strengths
from worker.explain.picture import draw, warm


@pytest.fixture(scope="module")
def explainer(brightness_model: Path) -> Explainer:
    return Explainer(str(brightness_model))


def test_explanation_is_of_the_verdict_that_the_pipeline_gives(
    explainer: Explainer, demo_photos: Path
) -> None:
    data = (demo_photos / "group-with-glasses.jpg").read_bytes()
    found = explainer(data)
    assert found.outcome == explainer.pipeline(data)
    assert [round(f.probability, 4) for f in found.faces] == [
        face.probability for face in found.outcome.faces
    ]
    assert {face.look for face in found.faces} == {"first look"}
    assert [look.name for look in found.looks] == ["first look", "wide look"]
    assert len(found.looks[0].seen) >= 3
    assert all(seen.weighed.confirmed for seen in found.looks[0].seen[:3])
    for face in found.faces:
        assert 0 < face.face.left < found.width
    assert {"decode header", "decode pixels", "find faces", "crop", "classify"} <= set(found.times)
    assert found.versions["model"] == explainer.pipeline.model


def test_proposal_that_does_not_count_is_told_too(explainer: Explainer, demo_photos: Path) -> None:
    found = explainer((demo_photos / "cat.jpg").read_bytes())
    assert found.faces == ()
    assert not any(seen.weighed.confirmed for look in found.looks for seen in look.seen)


@pytest.mark.parametrize(
    ("name", "reason"),
    [("empty.jpg", FailureReason.EMPTY), ("hopper-truncated.jpg", FailureReason.CORRUPT)],
)
def test_failed_photo_is_explained_by_its_reason(
    name: str, reason: FailureReason, explainer: Explainer, demo_photos: Path
) -> None:
    found = explainer((demo_photos / name).read_bytes())
    assert found.outcome == Outcome.failed(reason)
    assert (found.pixels, found.faces) == (None, ())
    with pytest.raises(ValueError, match="cannot be decoded"):
        draw(found)


def test_heat_is_where_covering_changes_the_probability(brightness_model: Path) -> None:
    classifier = OnnxClassifier(model_store.load(str(brightness_model)))
    size = classifier.input.size
    crop = np.full((size, size, 3), 128, np.uint8)
    crop[:48, :48] = 255  # of all that is bright, so of all that speaks for glasses
    found = heat(classifier, crop)
    assert found.shape == (-(-size // CELL),) * 2
    assert found.argmax() in {row * found.shape[0] + c for row in range(6) for c in range(6)}
    assert found[10:, 10:].max() == pytest.approx(0, abs=1e-6)
    assert np.abs(strengths(found)).max() <= 1
    over = warm(crop, found * 10)
    red, _, blue = over[16, 16].astype(int)
    assert red > blue


def test_drawing_shows_photo_and_faces(explainer: Explainer, demo_photos: Path) -> None:
    found = explainer((demo_photos / "hopper.jpg").read_bytes())
    with Image.open(io.BytesIO(draw(found))) as picture:
        assert picture.format == "PNG"
        assert picture.width > 900


def test_face_that_only_the_last_look_finds_is_said_to_be_from_there(
    explainer: Explainer, demo_photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(explainer._detector, "proposals", lambda *_: [])  # blind in other looks
    found = explainer((demo_photos / "hopper.jpg").read_bytes())
    assert [face.look for face in found.faces] == ["last look"]

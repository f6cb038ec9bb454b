from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from glasses.protocol.outcome import Outcome
from glasses.protocol.statuses import FailureReason
from worker.vision import model_store
from worker.vision.classify import OnnxClassifier
from worker.vision.detect import Detection
from worker.vision.explain import Explainer
from worker.vision.explain.occlusion import CELL, heat, strengths
from worker.vision.explain.picture import draw, warm
from worker.vision.photo import DecodedPhoto


@pytest.fixture(scope="module")
def explainer(brightness_model: Path) -> Explainer:
    return Explainer(str(brightness_model))


def test_the_explanation_matches_the_verdict_of_the_pipeline(
    explainer: Explainer, demo_photos: Path
) -> None:
    data = (demo_photos / "group-with-glasses.jpg").read_bytes()
    found = explainer(data)
    assert found.outcome == explainer.pipeline(data)
    assert [round(f.probability, 4) for f in found.faces] == [
        face.probability for face in found.outcome.faces
    ]
    assert {face.found_by for face in found.faces} == {"first pass"}
    assert [look.name for look in found.passes] == ["first pass", "wide pass"]
    assert len(found.passes[0].proposals) >= 3
    assert all(seen.checked.confirmed for seen in found.passes[0].proposals[:3])
    for face in found.faces:
        assert 0 < face.face.left < found.width
    assert {"decode header", "decode pixels", "find faces", "crop", "classify"} <= set(found.times)
    assert found.versions["model"] == explainer.pipeline.model


def test_rejected_proposals_are_explained_too(explainer: Explainer, demo_photos: Path) -> None:
    found = explainer((demo_photos / "cat.jpg").read_bytes())
    assert found.faces == ()
    assert not any(seen.checked.confirmed for look in found.passes for seen in look.proposals)


@pytest.mark.parametrize(
    ("name", "reason"),
    [("empty.jpg", FailureReason.EMPTY), ("hopper-truncated.jpg", FailureReason.CORRUPT)],
)
def test_a_failed_photo_is_explained_by_its_reason(
    name: str, reason: FailureReason, explainer: Explainer, demo_photos: Path
) -> None:
    found = explainer((demo_photos / name).read_bytes())
    assert found.outcome == Outcome.failed(reason)
    assert (found.pixels, found.faces) == (None, ())
    with pytest.raises(ValueError, match="cannot be decoded"):
        draw(found)


def test_the_heat_map_is_high_where_occlusion_changes_the_probability(
    brightness_model: Path,
) -> None:
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


def test_the_drawing_shows_photo_and_faces(explainer: Explainer, demo_photos: Path) -> None:
    found = explainer((demo_photos / "hopper.jpg").read_bytes())
    with Image.open(io.BytesIO(draw(found))) as picture:
        assert picture.format == "PNG"
        assert picture.width > 900


def test_a_face_found_only_by_multi_view_is_attributed_to_it(
    explainer: Explainer, demo_photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cascade = explainer._detector.cascade
    propose = cascade.proposals

    def unsure(photo: DecodedPhoto, side: int) -> list[Detection]:
        return [replace(face, score=0.3) for face in propose(photo, side)]

    monkeypatch.setattr(cascade, "proposals", unsure)
    found = explainer((demo_photos / "hopper.jpg").read_bytes())
    assert [face.found_by for face in found.faces] == ["multi-view vote"]


def test_a_turned_photo_is_explained_and_drawn_upright(
    explainer: Explainer, demo_photos: Path
) -> None:
    with Image.open(demo_photos / "hopper.jpg") as image:
        turned = image.transpose(Image.Transpose.ROTATE_270)  # clockwise by 90°
    buffer = io.BytesIO()
    turned.save(buffer, "JPEG", quality=95)
    found = explainer(buffer.getvalue())
    assert found.outcome.orientation == 270
    assert (found.width, found.height) == turned.size
    assert [face.found_by for face in found.faces] == ["first pass, rotated by 270°"]
    drawn = Image.open(io.BytesIO(draw(found)))
    upright = Image.open(io.BytesIO(draw(explainer((demo_photos / "hopper.jpg").read_bytes()))))
    assert drawn.size == upright.size
    difference = np.asarray(drawn.convert("L"), float) - np.asarray(upright.convert("L"), float)
    assert np.abs(difference[16:-16, 16:500]).mean() < 12

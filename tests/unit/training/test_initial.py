"""Training starts from a released model, a file, or random weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")

from glasses.errors import UsageError  # noqa: E402
from training.classifier.model import pretrained  # noqa: E402
from training.classifier.model.backbones import glasses_network  # noqa: E402
from training.classifier.model.initial import initial_weights  # noqa: E402
from training.common import float_weights  # noqa: E402
from training.common.datasets import Dataset  # noqa: E402
from training.common.datasets.terms import OWN  # noqa: E402
from training.common.photos import read, served_crops  # noqa: E402
from worker.vision import model_store  # noqa: E402
from worker.vision.classify import OnnxClassifier, normalize  # noqa: E402

MINE = [Dataset("mine", (), aligned=False, terms=OWN)]
PUBLISHED = [Dataset("lfw", (), aligned=False, terms="research")]


def test_own_photos_start_from_the_released_model(tmp_path: Path) -> None:
    chosen = initial_weights(None, "mobilenet_v2", MINE)
    assert chosen.model == model_store.find("default").name
    assert chosen.path == model_store.find("default") / "model.onnx"
    assert "dequantized from 8 bits" in chosen.text
    released = model_store.load("default").manifest
    assert chosen.facts["temperature"] == released.calibration.temperature
    scratch = initial_weights("random", "resnet18", MINE)
    assert scratch.path is None
    assert scratch.temperature == 1
    (tmp_path / "w.pth").touch()
    assert initial_weights(str(tmp_path / "w.pth"), "resnet18", PUBLISHED).model == ""


@pytest.mark.parametrize(
    ("init", "backbone", "datasets", "message"),
    [
        (None, "mobilenet_v2", PUBLISHED, "choose --init: .* the test photos of lfw"),
        (None, "resnet18", MINE, "the released model is a mobilenet_v2: give resnet18"),
        ("nothing.npz", "mobilenet_v2", MINE, "no weights 'nothing.npz'"),
    ],
)
def test_weights_that_must_be_chosen_or_do_not_exist_are_named(
    init: str | None, backbone: str, datasets: list[Dataset], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        initial_weights(init, backbone, datasets)


def test_the_dequantized_network_agrees_with_the_released_one(demo_photos: Path) -> None:
    released = model_store.load("default")
    model = glasses_network()
    assert pretrained.load(model, "mobilenet_v2", model_store.find("default") / "model.onnx")
    photos = [read(path) for path in sorted(demo_photos.glob("*.jpg"))]
    crops = [crop for photo in photos if photo for crop, _ in served_crops(photo)]
    assert len(crops) > 10
    with torch.inference_mode():
        x = torch.from_numpy(normalize(crops, released.manifest.input))
        logits = model.eval()(x).squeeze(1).double()
    calibration = released.manifest.calibration
    ours = torch.sigmoid(logits / calibration.temperature + calibration.bias).numpy()
    theirs = np.array([each.glasses for each in OnnxClassifier(released)(crops)])
    threshold = released.manifest.threshold
    assert ((ours >= threshold) == (theirs >= threshold)).all()
    assert np.abs(ours - theirs).mean() < 0.02


@pytest.mark.parametrize("name", ["mobilenet_v2", "resnet18"])
def test_float_weights_of_a_release_fill_every_kind_of_network(name: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = glasses_network(name)
    float_weights.write(model, tmp_path / "weights.npz")
    other = glasses_network(name)
    assert not pretrained.load(other, name, tmp_path / "weights.npz")
    for (key, value), again in zip(
        model.state_dict().items(), other.state_dict().values(), strict=True
    ):
        torch.testing.assert_close(again, value, rtol=1e-3, atol=1e-3, msg=key)
    size = (tmp_path / "weights.npz").stat().st_size
    assert size < 2.1 * sum(value.numel() for value in model.parameters())


def test_an_8_bit_network_of_another_kind_is_refused() -> None:
    path = model_store.find("default") / "model.onnx"
    with pytest.raises(UsageError, match="does not hold this network"):
        pretrained.load(glasses_network("resnet18"), "resnet18", path)

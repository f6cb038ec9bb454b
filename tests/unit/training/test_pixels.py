"""Networks that take pixels as they are."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

pytest.importorskip("torch")
pytest.importorskip("onnx")

import torch

from training.classifier.model.backbones import glasses_network
from training.classifier.quantize import calibration_inputs, export, take_pixels
from training.classifier.recipe import REDUCED_SIDE
from training.classifier.scoring import OnnxScorer
from training.common.geometry import INPUT, SIZE
from training.common.pixel_input import PIXELS
from training.common.quantize import to_int8
from worker.vision.onnx_session import session
from worker.vision.reduced_pass import reduced

Crops = npt.NDArray[np.uint8]


def pictures(highest: int) -> Crops:
    """Crops with pixels from black to `highest`, each in a tone of its own."""
    rng = np.random.default_rng(0)
    crops = highest * rng.random((8, 1, 1, 3)) * rng.random((8, SIZE, SIZE, 3))
    crops[0, 0, 0], crops[0, 0, 1] = 0, highest
    return crops.astype(np.uint8)


@pytest.fixture(scope="module")
def fp32(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("pixels") / "fp32.onnx"
    export(glasses_network("mobilenet_v2").eval(), path)
    return path


def test_logits_stay_the_same_to_the_bit(fp32: Path, tmp_path: Path) -> None:
    before, after = tmp_path / "before.onnx", tmp_path / "after.onnx"
    to_int8(fp32, before, calibration_inputs(pictures(255)))
    shutil.copy(before, after)
    assert take_pixels(after, INPUT)
    (given,) = session(after.read_bytes()).get_inputs()
    assert (given.name, given.type) == (PIXELS, "tensor(uint8)")
    assert given.shape[1:] == ["height", "width", 3]
    for crops in (pictures(255), reduced(pictures(255), REDUCED_SIDE)):
        logits = OnnxScorer(before)(crops)
        assert len(set(logits)) > 1
        np.testing.assert_array_equal(OnnxScorer(after)(crops), logits)


def test_a_network_that_has_seen_no_white_is_fed_as_before(fp32: Path, tmp_path: Path) -> None:
    path = tmp_path / "int8.onnx"
    to_int8(fp32, path, calibration_inputs(pictures(200)))
    before = path.read_bytes()
    assert not take_pixels(path, INPUT)
    assert path.read_bytes() == before
    assert OnnxScorer(path)(pictures(200)).shape == (8,)


def test_a_float_network_is_left_alone(fp32: Path) -> None:
    before = fp32.read_bytes()
    assert not take_pixels(fp32, INPUT)
    assert fp32.read_bytes() == before

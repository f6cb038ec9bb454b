"""The network takes its weights, keeps what it computes, and survives folding and 8 bits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from training.classifier.model.backbones import glasses_network  # noqa: E402
from training.classifier.model.imagenet import load_folded  # noqa: E402
from training.classifier.model.mobilenet_v2 import MobileNetV2, convolutions  # noqa: E402
from training.classifier.quantize import export, quantize  # noqa: E402
from training.classifier.scoring import OnnxScorer  # noqa: E402
from training.common.batch_norm import adopt_statistics  # noqa: E402
from training.common.crop_set import CropRow, CropSet  # noqa: E402
from training.common.export import folded  # noqa: E402
from training.common.geometry import SIZE  # noqa: E402
from training.common.release import MAX_BYTES  # noqa: E402
from training.compare.torch_int8 import TorchInt8  # noqa: E402
from worker.vision.classify import CROP_SIZE  # noqa: E402
from worker.vision.onnx_session import session  # noqa: E402


def pictures(count: int, seed: int = 0) -> np.ndarray:
    """Blobs, each picture in a tone of its own: a network must answer differently to each."""
    rng = np.random.default_rng(seed)
    tone = rng.random((count, 1, 1, 3))
    small = (255 * tone * rng.uniform(0.6, 1.0, (count, 6, 6, 3))).astype(np.uint8)
    return small.repeat(SIZE // 6, axis=1).repeat(SIZE // 6, axis=2)


def as_input(crops: np.ndarray) -> torch.Tensor:
    return (torch.from_numpy(crops).permute(0, 3, 1, 2).float() - 128) / 128


def folded_weights(path: Path) -> None:
    """A file as the ImageNet weights are published: batch norm folded, TFLite layouts."""
    torch.manual_seed(0)
    arrays = {}
    for i, (conv, _) in enumerate(convolutions(MobileNetV2())):
        depthwise = conv.groups > 1
        fan = conv.weight[0].numel()
        weight = (torch.randn(conv.weight.shape) * (2 / fan) ** 0.5).numpy()
        kind = "DE" if depthwise else "CO"
        arrays[f"{i:02d}_{kind}_w"] = weight.transpose((1, 2, 3, 0) if depthwise else (0, 2, 3, 1))
        arrays[f"{i:02d}_{kind}_b"] = np.full(len(weight), 0.1, dtype=np.float32)
    arrays["52_CO_w"] = np.zeros((1001, 1, 1, 1280), dtype=np.float32)
    arrays["52_CO_b"] = np.zeros(1001, dtype=np.float32)
    np.savez(path, **arrays)


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> MobileNetV2:
    path = tmp_path_factory.mktemp("weights") / "w.npz"
    folded_weights(path)
    model = glasses_network()
    load_folded(model, path)
    return model.eval()


def test_parameters_are_named_as_torchvisions() -> None:
    state = MobileNetV2(1000).state_dict()
    for name, shape in (
        ("features.0.0.weight", (32, 3, 3, 3)),
        ("features.1.conv.0.1.running_mean", (32,)),
        ("features.2.conv.1.0.weight", (96, 1, 3, 3)),
        ("features.17.conv.3.bias", (320,)),
        ("features.18.0.weight", (1280, 320, 1, 1)),
        ("classifier.1.weight", (1000, 1280)),
    ):
        assert tuple(state[name].shape) == shape
    assert len(state) == 314


def test_one_logit_a_crop(network: MobileNetV2) -> None:
    assert network(as_input(pictures(3))).shape == (3, 1)


def test_folded_weights_compute_convolution_plus_bias(network: MobileNetV2) -> None:
    conv, norm = convolutions(network)[0]
    x = as_input(pictures(2))
    torch.testing.assert_close(norm(conv(x)), conv(x) + 0.1)


def test_adopted_statistics_change_nothing_in_either_mode(network: MobileNetV2) -> None:
    import copy

    x = as_input(pictures(8))
    model = copy.deepcopy(network)
    model.classifier[0].p = 0.0
    before = model(x)
    adopt_statistics(model, x)
    torch.testing.assert_close(model(x), before, rtol=1e-3, atol=1e-4)
    model.train()
    torch.testing.assert_close(model(x), before, rtol=1e-3, atol=1e-4)


def test_folding_batch_norm_changes_nothing(network: MobileNetV2) -> None:
    x = as_input(pictures(2))
    plain = folded(network)
    assert not any(isinstance(m, torch.nn.BatchNorm2d) for m in plain.modules())
    torch.testing.assert_close(plain(x), network(x), rtol=1e-3, atol=1e-4)


@pytest.fixture(scope="module")
def exported(network: MobileNetV2, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the network in float and in 8 bits, and an empty folder: `here`."""
    root = tmp_path_factory.mktemp("exported")
    (root / "here").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root / "here")
        export(network, root / "fp32.onnx")
        quantize(root / "fp32.onnx", root / "int8.onnx", pictures(16))
    return root


def test_exported_and_quantized_networks_agree_with_torch(
    network: MobileNetV2, exported: Path
) -> None:
    fp32, int8 = exported / "fp32.onnx", exported / "int8.onnx"
    crops = pictures(40, seed=1)
    with torch.inference_mode():
        expected = network(as_input(crops)).squeeze(1).numpy()
    np.testing.assert_allclose(OnnxScorer(fp32)(crops), expected, rtol=1e-3, atol=1e-4)
    # Random weights use their 8 bits badly; trained ones are compared by the stage `evaluate`.
    assert session(int8.read_bytes()).get_modelmeta().custom_metadata_map[CROP_SIZE] == str(SIZE)
    assert np.abs(OnnxScorer(int8)(crops) - expected).mean() < 0.25 * np.abs(expected).mean()
    assert int8.stat().st_size <= MAX_BYTES
    assert not list((exported / "here").iterdir()), "the quantizer left files behind"
    assert sorted(path.name for path in exported.glob("*.*")) == ["fp32.onnx", "int8.onnx"]


def test_weights_of_seven_bits_are_a_choice(exported: Path, tmp_path: Path) -> None:
    other = tmp_path / "eight-bits.onnx"
    quantize(exported / "fp32.onnx", other, pictures(16), reduce_range=False)
    crops = pictures(8, seed=1)
    assert not np.array_equal(OnnxScorer(exported / "int8.onnx")(crops), OnnxScorer(other)(crops))


@pytest.mark.parametrize("name", ["mobilenet_v2", "mobilenet_v3_small", "resnet18"])
def test_torchs_own_eight_bits_take_every_network(name: str) -> None:
    stored = np.random.default_rng(0).integers(0, 255, (8, 160, 160, 3), dtype=np.uint8)
    int8 = TorchInt8(glasses_network(name).eval(), stored)
    crops = CropSet([CropRow(str(i), True, None, "d", True, 1.0) for i in range(8)], stored)
    assert int8(crops).shape == (8,)
    assert int8.size < sum(p.numel() for p in glasses_network(name).parameters()) * 2

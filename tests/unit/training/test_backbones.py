"""Networks are torchvision's in names and sizes, and start from its files."""

from __future__ import annotations

from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from glasses.errors import UsageError  # noqa: E402
from training.classifier.model import pretrained  # noqa: E402
from training.classifier.model.backbones import BACKBONES, backbone, glasses_network  # noqa: E402
from training.common.geometry import SIZE  # noqa: E402

NAMES = sorted(BACKBONES)


@pytest.mark.parametrize(
    ("name", "weights", "key", "shape"),
    [
        # Counts are those that torchvision documents for its ImageNet networks.
        ("mobilenet_v2", 3_504_872, "features.18.0.weight", (1280, 320, 1, 1)),
        ("mobilenet_v3_large", 5_483_032, "features.4.block.2.fc1.weight", (24, 72, 1, 1)),
        ("mobilenet_v3_small", 2_542_856, "features.1.block.1.fc2.bias", (16,)),
        ("resnet18", 11_689_512, "layer2.0.downsample.0.weight", (128, 64, 1, 1)),
    ],
)
def test_networks_are_torchvisions(
    name: str, weights: int, key: str, shape: tuple[int, ...]
) -> None:
    model = backbone(name).build(1000)
    assert sum(p.numel() for p in model.parameters()) == weights
    assert tuple(model.state_dict()[key].shape) == shape


def published(name: str, path: Path, prefix: str = "") -> torch.nn.Module:
    """A file as torchvision publishes it, of random weights, and the network in it."""
    torch.manual_seed(3)
    model = backbone(name).build(1000).eval()
    torch.save({prefix + key: value for key, value in model.state_dict().items()}, path)
    return model


@pytest.mark.parametrize("name", NAMES)
def test_published_weights_compute_the_same_from_our_input(name: str, tmp_path: Path) -> None:
    theirs = published(name, tmp_path / "w.pth", prefix="module.")
    ours = glasses_network(name).eval()
    assert not pretrained.load(ours, name, tmp_path / "w.pth")
    pixels = torch.full((1, 3, SIZE, SIZE), 90.0) + torch.arange(3.0).view(1, 3, 1, 1) * 40
    mean = torch.tensor(pretrained.TORCHVISION_MEAN).view(1, 3, 1, 1)
    std = torch.tensor(pretrained.TORCHVISION_STD).view(1, 3, 1, 1)
    seen = []
    for model, x in ((theirs, (pixels / 255 - mean) / std), (ours, (pixels - 128) / 128)):
        conv, norm = (model.get_submodule(part) for part in backbone(name).first)
        seen.append(norm(conv(x))[..., 5:-5, 5:-5])
    torch.testing.assert_close(seen[0], seen[1], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_networks_answer_one_logit_a_crop(name: str) -> None:
    assert glasses_network(name).eval()(torch.zeros(2, 3, SIZE, SIZE)).shape == (2, 1)


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    published("mobilenet_v3_small", tmp_path / "w.pth")
    with pytest.raises(UsageError, match="is not a resnet18"):
        pretrained.load(glasses_network("resnet18"), "resnet18", tmp_path / "w.pth")
    with pytest.raises(UsageError, match="no network 'vgg'"):
        glasses_network("vgg")


def test_folded_weights_fit_mobilenet_v2_only(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"start resnet18 from a torchvision \.pth"):
        pretrained.load(glasses_network("resnet18"), "resnet18", tmp_path / "w.npz")


def test_a_file_that_is_no_weights_is_named(tmp_path: Path) -> None:
    (tmp_path / "w.pth").write_bytes(b"<html>not found</html>")
    with pytest.raises(UsageError, match=r"cannot read .* as weights"):
        pretrained.load(glasses_network("resnet18"), "resnet18", tmp_path / "w.pth")

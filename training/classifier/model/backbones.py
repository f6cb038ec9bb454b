"""The backbones to choose from, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import torch
from torch import nn

from glasses.errors import UsageError
from training.classifier.model.mobilenet_v2 import MobileNetV2
from training.classifier.model.mobilenet_v3 import LARGE, SMALL, MobileNetV3
from training.classifier.model.resnet18 import ResNet18
from training.classifier.recipe import MOBILENET_V2
from training.common.checkpoint import load, load_average

DEFAULT: Final = MOBILENET_V2


@dataclass(frozen=True, slots=True)
class Backbone:
    """One kind of network.

    Attributes:
        label: Name in manifests and cards.
        build: Returns a network with a number of outputs.
        first: Names of the first convolution and its batch norm.
        last: Name of the last layer.
    """

    label: str
    build: Callable[[int], nn.Module]
    first: tuple[str, str]
    last: str


BACKBONES: Final = {
    DEFAULT: Backbone(
        "MobileNetV2 1.0", MobileNetV2, ("features.0.0", "features.0.1"), "classifier.1"
    ),
    "mobilenet_v3_large": Backbone(
        "MobileNetV3 Large 1.0",
        lambda classes: MobileNetV3(LARGE, 1280, classes),
        ("features.0.0", "features.0.1"),
        "classifier.3",
    ),
    "mobilenet_v3_small": Backbone(
        "MobileNetV3 Small 1.0",
        lambda classes: MobileNetV3(SMALL, 1024, classes),
        ("features.0.0", "features.0.1"),
        "classifier.3",
    ),
    "resnet18": Backbone("ResNet18", ResNet18, ("conv1", "bn1"), "fc"),
}


def backbone(name: str) -> Backbone:
    """Return a kind of network by name.

    Raises:
        UsageError: There is none with this name.
    """
    if name not in BACKBONES:
        raise UsageError(f"no network {name!r}: choose one of {', '.join(BACKBONES)}")
    return BACKBONES[name]


def glasses_network(name: str = DEFAULT) -> nn.Module:
    """Return a network with one logit and a last layer near zero, so that it starts undecided."""
    kind = backbone(name)
    model = kind.build(1)
    last = model.get_submodule(kind.last)
    with torch.no_grad():
        last.weight.normal_(0, 0.01)
        last.bias.zero_()
    return model


def trained_network(checkpoint: Path) -> nn.Module:
    """Return the averaged network of a run, for evaluation."""
    name = load(checkpoint).get("backbone") or DEFAULT
    return load_average(checkpoint, glasses_network(name))

"""The networks to choose from, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import torch
from torch import nn

from glasses.errors import UsageError
from training.model.mobilenet_v2 import MobileNetV2
from training.model.mobilenet_v3 import LARGE, SMALL, MobileNetV3
from training.model.resnet18 import ResNet18

DEFAULT: Final = "mobilenet_v2"


@dataclass(frozen=True, slots=True)
class Backbone:
    """One kind of network.

    Attributes:
        label: For people, in manifests and cards.
        build: Makes one with so many outputs.
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
    """A kind of network by name.

    Raises:
        UsageError: There is none of this name.
    """
    if name not in BACKBONES:
        raise UsageError(f"no network {name!r}: there are {', '.join(BACKBONES)}")
    return BACKBONES[name]


def glasses_network(name: str = DEFAULT) -> nn.Module:
    """A network with one logit, its last layer near zero: it starts out undecided."""
    kind = backbone(name)
    model = kind.build(1)
    last = model.get_submodule(kind.last)
    with torch.no_grad():
        last.weight.normal_(0, 0.01)
        last.bias.zero_()
    return model

"""ImageNet weights with folded batch norm, loaded into a network with batch norm.

The file (`.npz`) holds `NN_CO_w`, `NN_DE_w` (TFLite layouts OHWI and 1HWC) and `NN_.._b` in
network order. It was made for TensorFlow's "SAME" padding, which for even sizes pads strided
layers at the far side only; ours pad both sides. This shifts the grid on which features are
computed by a few px of the image, equally for all layers, and changes the borders.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import torch
from torch import Tensor, nn

from glasses.errors import UsageError
from training.classifier.model.mobilenet_v2 import MobileNetV2, convolutions


def load_folded(model: MobileNetV2, path: Path, head: bool = False) -> None:
    """Fill a network with folded weights; batch norms become the identity plus the folded bias.

    Args:
        model: Changed in place.
        path: The `.npz` file.
        head: Fill the last layer too (the network has 1001 classes).

    Raises:
        UsageError: The file holds no such weights.
    """
    try:
        with np.load(path) as file:
            arrays = {key: file[key] for key in file.files}
    except (OSError, ValueError, BadZipFile) as error:
        raise UsageError(f"cannot read {path} as .npz weights: {error}") from error
    pairs = convolutions(model)
    weights = [arrays[key] for key in sorted(arrays) if key.endswith("_w")]
    biases = [arrays[key] for key in sorted(arrays) if key.endswith("_b")]
    if len(weights) != len(pairs) + 1 or len(biases) != len(weights):
        raise UsageError(
            f"{path} has {len(weights)} layers; MobileNetV2 1.0 has {len(pairs) + 1}: give the "
            "ImageNet weights with batch norm folded"
        )
    with torch.no_grad():
        for (conv, norm), weight, bias in zip(pairs, weights, biases, strict=False):
            conv.weight.copy_(_as_torch(weight, depthwise=conv.groups > 1))
            norm.reset_running_stats()
            norm.weight.fill_((1 + norm.eps) ** 0.5)
            norm.bias.copy_(torch.from_numpy(bias))
        if head:
            last = model.classifier[1]
            assert isinstance(last, nn.Linear)
            last.weight.copy_(torch.from_numpy(weights[-1].reshape(last.weight.shape)))
            last.bias.copy_(torch.from_numpy(biases[-1]))


def _as_torch(weight: Any, depthwise: bool) -> Tensor:
    order = (3, 0, 1, 2) if depthwise else (0, 3, 1, 2)
    return torch.from_numpy(np.ascontiguousarray(weight.transpose(order)))

"""ImageNet weights with batch norm folded in -> a network with batch norm that computes the same.

The file (`.npz`) holds `NN_CO_w`, `NN_DE_w` (TFLite layouts OHWI and 1HWC) and `NN_.._b` in
network order. It was made for TensorFlow's "SAME" padding, which on even sides pads strided
layers on the far side only; ours pad on both. That moves the grid on which features are computed
by a few px of the image, the same for all layers, and changes nothing else but the borders.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import torch
from torch import Tensor, nn

from glasses.errors import UsageError
from training.model.mobilenet_v2 import MobileNetV2, convolutions


def load_folded(model: MobileNetV2, path: Path, head: bool = False) -> None:
    """Fill a network with folded weights; batch norms become the identity plus the folded bias.

    Args:
        model: Changed in place.
        path: The `.npz` file.
        head: Fill the last layer too (the network has 1001 classes).

    Raises:
        UsageError: The file is not such weights.
    """
    try:
        with np.load(path) as file:
            arrays = {key: file[key] for key in file.files}
    except (OSError, ValueError, BadZipFile) as error:
        raise UsageError(f"{path} cannot be read as .npz weights: {error}") from error
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


def adopt_statistics(model: MobileNetV2, batch: Tensor) -> None:
    """Give every batch norm the statistics of a batch without changing what is computed.

    An identity batch norm in training mode would rescale every channel at the first step and
    undo the pretraining. So: mean and variance are the batch's, and weight and bias undo them.

    Args:
        model: As `load_folded` leaves it; changed in place.
        batch: N × 3 × H × W, normalised; some 256 crops as they come in training.
    """

    def adopt(norm: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        assert isinstance(norm, nn.BatchNorm2d)
        (x,) = inputs
        variance, mean = torch.var_mean(x, dim=(0, 2, 3), correction=0)
        slope = norm.weight / (norm.running_var + norm.eps).sqrt()
        offset = norm.bias - norm.running_mean * slope
        norm.weight.copy_(slope * (variance + norm.eps).sqrt())
        norm.bias.copy_(offset + slope * mean)
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(variance)

    hooks = [norm.register_forward_pre_hook(adopt) for _, norm in convolutions(model)]
    was_training = model.training
    model.eval()
    try:
        with torch.no_grad():
            model(batch)
    finally:
        for hook in hooks:
            hook.remove()
        model.train(was_training)

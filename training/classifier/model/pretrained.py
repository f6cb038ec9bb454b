"""Weights to start from, in the formats that they are published in."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import torch
from torch import Tensor, nn

from glasses.errors import UsageError
from training.classifier.model.backbones import DEFAULT, backbone
from training.classifier.model.imagenet import load_folded
from training.classifier.model.mobilenet_v2 import MobileNetV2
from training.common.float_weights import dequantized, fill_folded
from training.common.float_weights import read as read_weights
from training.common.geometry import INPUT

TORCHVISION_MEAN = (0.485, 0.456, 0.406)
TORCHVISION_STD = (0.229, 0.224, 0.225)


def load(model: nn.Module, name: str, path: Path) -> bool:
    """Load weights into a network.

    Args:
        model: Changed in place; of kind `name`.
        name: See `training.classifier.model.backbones`.
        path: `weights.npz` or the 8-bit `.onnx` of a release, `.npz` of ImageNet weights with
            batch norm folded in (MobileNetV2 only), a torchvision state dict, or the checkpoint of
            an earlier run.

    Returns:
        Whether batch norms have no statistics yet; see `training.common.batch_norm`.

    Raises:
        UsageError: The file is none of these, or holds another network.
    """
    if path.suffix == ".onnx":
        fill_folded(model, dequantized(path), path)
        return True
    if path.suffix == ".npz" and _is_state(path):
        _fill(model, read_weights(path), set(), path, name)
        return False
    if path.suffix == ".npz":
        if name != DEFAULT or not isinstance(model, MobileNetV2):
            raise UsageError(f"{path} holds MobileNetV2: start {name} from a torchvision .pth file")
        load_folded(model, path)
        return True
    state = _read(path)
    if "average" in state:
        _fill(model, state["average"], set(), path, name)
        return False
    state = {key.removeprefix("module."): value for key, value in state.items()}
    last = backbone(name).last
    _fill(model, state, {f"{last}.weight", f"{last}.bias"}, path, name)
    _adapt_input(model, name)
    return False


def _is_state(path: Path) -> bool:
    """Return whether an `.npz` file names weights as the network does."""
    try:
        with np.load(path, allow_pickle=False) as file:
            return any("." in name for name in file.files)
    except (OSError, ValueError, BadZipFile):
        return False  # reading it fails with a message


def _read(path: Path) -> dict[str, Any]:
    try:
        state = torch.load(path, weights_only=True, map_location="cpu")
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise UsageError(f"cannot read {path} as weights: {error}") from error
    for key in ("state_dict", "model_state_dict"):
        if isinstance(state, dict) and key in state:
            state = state[key]
    if not isinstance(state, dict):
        raise UsageError(f"{path} is not a dictionary of weights")
    return state


def _fill(
    model: nn.Module, state: dict[str, Tensor], skipped: set[str], path: Path, name: str
) -> None:
    """Copy all weights except those in `skipped`."""
    ours = model.state_dict()
    wrong = [
        key
        for key, value in ours.items()
        if key not in skipped and (key not in state or state[key].shape != value.shape)
    ]
    # Older checkpoints have no counter of batches in batch norms.
    wrong = [key for key in wrong if not key.endswith("num_batches_tracked")]
    if wrong:
        raise UsageError(f"{path} is not a {name}: {len(wrong)} weights differ, first {wrong[0]}")
    kept = {key: value for key, value in state.items() if key in ours and key not in skipped}
    model.load_state_dict(kept, strict=False)


def _adapt_input(model: nn.Module, name: str) -> None:
    """Adapt the first layer to our normalization; only the borders of the output change.

    torchvision's networks take (p / 255 - mean) / std, ours take (p - 128) / 128. Both are linear
    in the pixel p, so the difference goes into the weights of the first convolution and the mean
    of the batch norm that follows it.
    """
    conv, norm = (model.get_submodule(part) for part in backbone(name).first)
    std = torch.tensor(TORCHVISION_STD)
    scale = torch.tensor(INPUT.std) / (255 * std)
    shift = (torch.tensor(INPUT.mean) / 255 - torch.tensor(TORCHVISION_MEAN)) / std
    with torch.no_grad():
        norm.running_mean.sub_((conv.weight.sum((2, 3)) * shift).sum(1))
        conv.weight.mul_(scale.view(1, 3, 1, 1))

"""A file of weights, in any form that they are published in -> a network that starts from them."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from glasses.errors import UsageError
from training.geometry import INPUT
from training.model.backbones import DEFAULT, backbone
from training.model.imagenet import load_folded
from training.model.mobilenet_v2 import MobileNetV2

TORCHVISION_MEAN = (0.485, 0.456, 0.406)
TORCHVISION_STD = (0.229, 0.224, 0.225)


def load(model: nn.Module, name: str, path: Path) -> bool:
    """Fill a network.

    Args:
        model: Changed in place; of the kind `name`.
        name: See `training.model.backbones`.
        path: `.npz` with batch norm folded in (MobileNetV2 only), a torchvision state dict, or
            the checkpoint of an earlier run.

    Returns:
        Whether batch norms have no statistics yet; see `imagenet.adopt_statistics`.

    Raises:
        UsageError: The file is none of these, or of another network.
    """
    if path.suffix == ".npz":
        if name != DEFAULT or not isinstance(model, MobileNetV2):
            raise UsageError(f"{path} holds MobileNetV2: give {name} a torchvision .pth file")
        load_folded(model, path)
        return True
    state = _read(path)
    if "average" in state:
        _fill(model, state["average"], set(), path, name)
        return False
    state = {key.removeprefix("module."): value for key, value in state.items()}
    last = backbone(name).last
    _fill(model, state, {f"{last}.weight", f"{last}.bias"}, path, name)
    _take_our_input(model, name)
    return False


def _read(path: Path) -> dict[str, Any]:
    try:
        state = torch.load(path, weights_only=True, map_location="cpu")
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise UsageError(f"{path} cannot be read as weights: {error}") from error
    for key in ("state_dict", "model_state_dict"):
        if isinstance(state, dict) and key in state:
            state = state[key]
    if not isinstance(state, dict):
        raise UsageError(f"{path} is no dictionary of weights")
    return state


def _fill(model: nn.Module, state: dict[str, Tensor], own: set[str], path: Path, name: str) -> None:
    """Copy all weights but those in `own`, which stay the network's."""
    ours = model.state_dict()
    wrong = [
        key
        for key, value in ours.items()
        if key not in own and (key not in state or state[key].shape != value.shape)
    ]
    # A checkpoint older than batch norm's counter lacks only that.
    wrong = [key for key in wrong if not key.endswith("num_batches_tracked")]
    if wrong:
        raise UsageError(f"{path} is not a {name}: {len(wrong)} weights differ, first {wrong[0]}")
    kept = {key: value for key, value in state.items() if key in ours and key not in own}
    model.load_state_dict(kept, strict=False)


def _take_our_input(model: nn.Module, name: str) -> None:
    """Let the first layer expect our normalisation; away from the borders nothing changes.

    torchvision's networks were trained on (p / 255 - mean) / std, ours see (p - 128) / 128. Both
    are linear in the pixel p, so the difference goes into the first convolution's weights and
    into the mean of the batch norm behind it.
    """
    conv, norm = (model.get_submodule(part) for part in backbone(name).first)
    std = torch.tensor(TORCHVISION_STD)
    scale = torch.tensor(INPUT.std) / (255 * std)
    shift = (torch.tensor(INPUT.mean) / 255 - torch.tensor(TORCHVISION_MEAN)) / std
    with torch.no_grad():
        norm.running_mean.sub_((conv.weight.sum((2, 3)) * shift).sum(1))
        conv.weight.mul_(scale.view(1, 3, 1, 1))

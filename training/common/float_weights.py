"""Float weights of released networks: the file `weights.npz`, and 8-bit networks dequantized."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from glasses.errors import UsageError
from training.common.atomic_file import replacing

Arrays = dict[str, npt.NDArray[np.float32]]
_QUANTIZED = "_quantized"
HEAD = "kinds/"
"""Prefix of the tensors of a head that was attached to a finished network: it is no part of it."""
_FLOAT = (".weight", ".bias")


def write(model: nn.Module, path: Path) -> None:
    """Write a network's state by name: kernels and matrices in float16, the rest in float32."""
    state = {name: value.detach().cpu() for name, value in model.state_dict().items()}
    arrays = {
        name: (value.half() if value.ndim > 1 else value.float()).contiguous().numpy()
        for name, value in state.items()
        if not name.endswith("num_batches_tracked")
    }
    with replacing(path) as unfinished, unfinished.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)


def read(path: Path) -> dict[str, Tensor]:
    """Return the state that `write` wrote, as float32."""
    with np.load(path, allow_pickle=False) as file:
        return {name: torch.from_numpy(file[name].astype(np.float32)) for name in file.files}


def dequantized(path: Path) -> Arrays:
    """Return the weights and biases of an 8-bit network as float32, by their names.

    They are what the 8-bit network computes with: rounded to 7 or 8 bits, with batch norm folded
    into the convolutions.

    Args:
        path: ONNX, as `training.common.quantize.to_int8` writes it.

    Raises:
        UsageError: The file is not an 8-bit ONNX network.
    """
    try:
        graph = onnx.load(path).graph
    except Exception as error:  # protobuf's errors have no common base
        raise UsageError(f"cannot read {path} as ONNX: {error}") from error
    constants = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
    weights: Arrays = {}
    for node in graph.node:
        if node.op_type != "DequantizeLinear" or not node.input[0].endswith(_QUANTIZED):
            continue
        values, scale, zero = (constants[name] for name in node.input)
        axis = next((a.i for a in node.attribute if a.name == "axis"), 0)
        shape = [-1 if i == axis else 1 for i in range(values.ndim)] if scale.ndim else []
        difference = values.astype(np.float64) - zero.reshape(shape)
        weights[node.input[0].removesuffix(_QUANTIZED)] = (
            difference * scale.reshape(shape).astype(np.float64)
        ).astype(np.float32)
    if not weights:
        raise UsageError(f"{path} has no 8-bit weights")
    # Layers that stay float, as the detector's last ones.
    weights |= {
        name: value.copy()
        for name, value in constants.items()
        if name.endswith(_FLOAT) and not name.startswith(HEAD)
    }
    return weights


def fill_folded(model: nn.Module, weights: Arrays, path: Path) -> None:
    """Fill a network with folded weights; batch norms become the identity plus the folded bias.

    Args:
        model: Changed in place.
        weights: As `dequantized` returns them.
        path: Where they come from, for messages.

    Raises:
        UsageError: They are the weights of another network.
    """
    norms = _norms(model)
    with torch.no_grad():
        missing = set(weights)
        for name, layer in model.named_modules():
            if not isinstance(layer, nn.Conv2d | nn.Linear):
                continue
            weight, bias = weights.get(f"{name}.weight"), weights.get(f"{name}.bias")
            if weight is None or bias is None or weight.shape != layer.weight.shape:
                raise UsageError(
                    f"{path} does not hold this network: layer {name} differs. Give float weights "
                    "(weights.npz, .pth or run.pt) of the same network with --init"
                )
            missing -= {f"{name}.weight", f"{name}.bias"}
            layer.weight.copy_(torch.from_numpy(weight))
            target = layer.bias
            if name in norms:
                norm = norms[name]
                norm.reset_running_stats()
                norm.weight.fill_((1 + norm.eps) ** 0.5)
                target = norm.bias
            target.copy_(torch.from_numpy(bias))
    if missing:
        raise UsageError(f"{path} does not hold this network: it also has {sorted(missing)[0]}")


def _norms(model: nn.Module) -> dict[str, nn.BatchNorm2d]:
    """Return the batch norm that follows each convolution, by the convolution's name."""
    found = {}
    for parent, module in model.named_modules():
        if isinstance(module, nn.Sequential):
            for (name, first), (_, second) in pairwise(module.named_children()):
                if isinstance(first, nn.Conv2d) and isinstance(second, nn.BatchNorm2d):
                    found[f"{parent}.{name}"] = second
    return found

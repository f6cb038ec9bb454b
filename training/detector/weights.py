"""Weights of YuNet to start from: libfacedetection's library, or a released network."""

from __future__ import annotations

import ctypes
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor

from glasses.errors import UsageError
from training.detector.network import HEADS, Unit, YuNet


def from_release(network: Path) -> YuNet:
    """Return the network of a release.

    Raises:
        UsageError: The file is not such a network.
    """
    try:
        graph = onnx.load(str(network)).graph
        constants = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
        model = YuNet()
        model.eval()
        state = {name: torch.from_numpy(constants[name].copy()) for name in model.state_dict()}
        model.load_state_dict(state)
    except Exception as error:  # protobuf's errors have no common base
        raise UsageError(f"{network} has no weights of this network: {error}") from error
    return model


def from_library(library: Path) -> YuNet:
    """Return the network with the weights of a libfacedetection library.

    Args:
        library: `libfacedetection.so`, which the package `yuface` ships.

    Raises:
        UsageError: The file is not a library.
    """
    try:
        read = ctypes.CDLL(str(library))
    except OSError as error:
        raise UsageError(f"cannot load {library}: {error}") from error

    def values(name: str, *shape: int) -> Tensor:
        array = (ctypes.c_float * int(np.prod(shape))).in_dll(read, name)
        return torch.from_numpy(np.array(array, dtype=np.float32).reshape(shape))

    def fill(unit: Unit, *names: str) -> None:
        sizes = (unit.pw.out_channels,) if len(names) == 1 else tuple(HEADS.values())
        pw, dw = [], []
        for name, size in zip(names, sizes, strict=True):
            pw.append(values(f"{name}_pw_weight", size, unit.pw.in_channels, 1, 1))
            dw.append(values(f"{name}_dw_weight", 9, size).T.reshape(size, 1, 3, 3))
        unit.pw.weight.copy_(torch.cat(pw))
        unit.dw.weight.copy_(torch.cat(dw))
        for part, conv in (("pw", unit.pw), ("dw", unit.dw)):
            biases = [values(f"{n}_{part}_bias", s) for n, s in zip(names, sizes, strict=True)]
            conv.bias.copy_(torch.cat(biases))

    network = YuNet()
    network.eval()
    with torch.no_grad():
        # 27 of 32 values per filter are used: rows, columns, and blue, green and red.
        stem = values("backbone__model0_pw_weight", 16, 32)[:, :27].reshape(16, 3, 3, 3)
        network.stem.weight.copy_(stem.permute(0, 3, 1, 2).flip(1))
        network.stem.bias.copy_(values("backbone__model0_pw_bias", 16))
        fill(network.quarter, "backbone__model0_dp")
        for number, stage in enumerate(network.stages, 1):
            for half, unit in enumerate(stage, 1):
                fill(unit, f"backbone__model{number}_dp{half}")
        for level, (neck, head) in enumerate(zip(network.neck, network.heads, strict=True)):
            fill(neck, f"neck__lateral_convs__{level}")
            fill(head, *(f"bbox_head__multi_level_{name}__{level}" for name in HEADS))
    return network

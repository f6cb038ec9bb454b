"""Export of trained networks to ONNX, with batch norm folded into the convolutions."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

OPSET = 17


def folded(model: nn.Module) -> nn.Module:
    """Return a copy in evaluation mode whose batch norms are part of their convolutions."""
    result = copy.deepcopy(model).eval()
    for parent in result.modules():
        if not isinstance(parent, nn.Sequential):
            continue
        names = list(parent._modules)
        for first, second in pairwise(names):
            conv, norm = parent._modules[first], parent._modules[second]
            if isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                parent._modules[first] = fuse_conv_bn_eval(conv, norm)
                parent._modules[second] = nn.Identity()
    return result


def export_onnx(
    model: nn.Module,
    path: Path,
    examples: Mapping[str, Tensor],
    output_names: Sequence[str],
    open_axes: Mapping[int, str],
    open_outputs: Mapping[str, Mapping[int, str]] | None = None,
) -> None:
    """Write a network as float ONNX.

    Args:
        model: A trained network.
        path: The file to write.
        examples: Name of each of the graph's inputs -> a value of the right shape.
        output_names: Names of the graph's outputs.
        open_axes: Axes of inputs and outputs whose length may vary, with their names.
        open_outputs: The same of each output, if they have others.
    """
    axes = {name: dict(open_axes) for name in examples}
    others = dict.fromkeys(output_names, open_axes) if open_outputs is None else open_outputs
    axes |= {name: dict(open_) for name, open_ in others.items()}
    plain = folded(model).to(memory_format=torch.contiguous_format)
    with warnings.catch_warnings():
        # The older exporter needs no further package, and its graphs are what ONNX Runtime's
        # quantizer was written for; torch warns that it will be removed.
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            plain,
            tuple(examples.values()),
            str(path),
            input_names=list(examples),
            output_names=list(output_names),
            dynamic_axes=axes,
            opset_version=OPSET,
            dynamo=False,
        )

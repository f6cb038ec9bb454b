"""A trained network -> ONNX, with batch norm folded into the convolutions."""

from __future__ import annotations

import copy
import warnings
from itertools import pairwise
from pathlib import Path

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from training.geometry import SIZE

OPSET = 17


def folded(model: nn.Module) -> nn.Module:
    """A copy in evaluation mode in which every batch norm is part of its convolution."""
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


def export(model: nn.Module, path: Path) -> None:
    """Write a network as float ONNX.

    Args:
        model: Trained.
        path: The file; input `crops` (N × 3 × SIZE × SIZE float32, normalised as the manifest
            says), output `logits` (N × 1).
    """
    plain = folded(model).to(memory_format=torch.contiguous_format)
    with warnings.catch_warnings():
        # The older exporter needs no further package, and its graphs are what ONNX Runtime's
        # quantizer was written for; torch announces that it will go.
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            plain,
            (torch.zeros(1, 3, SIZE, SIZE),),
            str(path),
            input_names=["crops"],
            output_names=["logits"],
            dynamic_axes={"crops": {0: "n"}, "logits": {0: "n"}},
            opset_version=OPSET,
            dynamo=False,
        )

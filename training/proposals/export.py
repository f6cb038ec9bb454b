"""A trained network -> ONNX files that take pixels as they are: float, and 8 bits."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader
from torch import nn

from training.export import OPSET, folded
from training.proposals.network import MULTIPLE
from training.quantize import to_int8
from worker.decode import Pixels

NORMAL = "normal"
"""Name of the network's own input: 1 × 3 × H × W float32, `(pixel - 128) / 128`."""
PIXELS = "pixels"
"""Name of the released input: 1 × H × W × 3 uint8."""
ZERO, SCALE = 128, 1 / 128
"""8 bits of the input are the pixel itself: value = (pixel - ZERO) × SCALE."""


def export(model: nn.Module, fp32: Path, int8: Path, photos: Iterable[Pixels]) -> None:
    """Write both networks.

    Args:
        model: Trained.
        fp32: Where the float network goes.
        int8: Where the 8-bit network goes: all but the last two convolutions, which tell places
            finer than 8 bits do.
        photos: What ranges of activations are read from, each H × W × 3 with H and W multiples of
            `MULTIPLE`.
    """
    plain = fp32.with_suffix(".plain.onnx")
    _float(model, plain)
    network = onnx.load(str(plain))
    heads = [node.name for node in network.graph.node if set(node.output) & {"logits", "boxes"}]
    to_int8(plain, int8, _Reader(photos), heads)
    onnx.save(_from_pixels(network), str(fp32))
    onnx.save(_from_quantized_pixels(onnx.load(str(int8))), str(int8))
    plain.unlink()


def _float(model: nn.Module, path: Path) -> None:
    plain = folded(model).to(memory_format=torch.contiguous_format)
    axes = {2: "h", 3: "w"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # as in `training.export`
        torch.onnx.export(
            plain,
            (torch.zeros(1, 3, 4 * MULTIPLE, 4 * MULTIPLE),),
            str(path),
            input_names=[NORMAL],
            output_names=["logits", "boxes"],
            dynamic_axes={NORMAL: axes, "logits": axes, "boxes": axes},
            opset_version=OPSET,
            dynamo=False,
        )


def normal(pixels: Pixels) -> npt.NDArray[np.float32]:
    """H × W × 3 uint8 -> 1 × 3 × H × W float32."""
    values = (pixels.astype(np.float32) - ZERO) * np.float32(SCALE)
    return np.ascontiguousarray(values.transpose(2, 0, 1)[None])


class _Reader(CalibrationDataReader):  # type: ignore[misc]  # onnxruntime ships no types
    def __init__(self, photos: Iterable[Pixels]) -> None:
        self._inputs: Iterator[npt.NDArray[np.float32]] = (normal(photo) for photo in photos)

    def get_next(self) -> dict[str, npt.NDArray[np.float32]] | None:
        values = next(self._inputs, None)
        return None if values is None else {NORMAL: values}


def _from_pixels(network: onnx.ModelProto) -> onnx.ModelProto:
    """Put the normalisation in front."""
    graph = network.graph
    graph.initializer.extend(
        [
            numpy_helper.from_array(np.float32(ZERO), "pixel_zero"),
            numpy_helper.from_array(np.float32(SCALE), "pixel_scale"),
        ]
    )
    front = [
        helper.make_node("Transpose", [PIXELS], ["planes"], perm=[0, 3, 1, 2]),
        helper.make_node("Cast", ["planes"], ["values"], to=TensorProto.FLOAT),
        helper.make_node("Sub", ["values", "pixel_zero"], ["centred"]),
        helper.make_node("Mul", ["centred", "pixel_scale"], [NORMAL]),
    ]
    return _with_front(network, front)


def _from_quantized_pixels(network: onnx.ModelProto) -> onnx.ModelProto:
    """Pixels are already 8 bits: take them for the quantized input, with their own scale."""
    graph = network.graph
    (quantize,) = [n for n in graph.node if n.op_type == "QuantizeLinear" and n.input[0] == NORMAL]
    (dequantize,) = [n for n in graph.node if quantize.output[0] in n.input]
    values = {
        dequantize.input[1]: np.float32(SCALE),
        dequantize.input[2]: np.uint8(ZERO),
    }
    for tensor in graph.initializer:
        if tensor.name in values:
            tensor.CopyFrom(numpy_helper.from_array(np.asarray(values[tensor.name]), tensor.name))
    graph.node.remove(quantize)
    front = [helper.make_node("Transpose", [PIXELS], [quantize.output[0]], perm=[0, 3, 1, 2])]
    return _with_front(network, front)


def _with_front(network: onnx.ModelProto, front: list[onnx.NodeProto]) -> onnx.ModelProto:
    graph = network.graph
    nodes = [*front, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    del graph.input[:]
    graph.input.append(
        helper.make_tensor_value_info(PIXELS, TensorProto.UINT8, [1, "height", "width", 3])
    )
    onnx.checker.check_model(network)
    return network

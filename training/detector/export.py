"""Export of the detector: ONNX files that take pixels, float and 8 bits."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from training.common.export import export_onnx
from training.common.pixel_input import input_quantizer, replace_input, replace_quantizer, to_planes
from training.common.quantize import CalibrationInputs, to_int8
from training.detector.network import MULTIPLE
from worker.vision.decode import Pixels

NORMAL = "normal"
"""Name of the network's own input: 1 × 3 × H × W float32, `(pixel - 128) / 128`."""
SHAPE = (1, "height", "width", 3)
"""Shape of the released input."""
ZERO, SCALE = 128, 1 / 128
"""8 bits of the input are the pixel: value = (pixel - ZERO) × SCALE."""


def export(model: nn.Module, fp32: Path, int8: Path, photos: Iterable[Pixels]) -> None:
    """Write both networks.

    Args:
        model: A trained network.
        fp32: The float network to write.
        int8: The 8-bit network to write. The last two convolutions stay float: they resolve
            positions more finely than 8 bits.
        photos: Training photos, from which the ranges of activations are read; each H × W × 3 with
            H and W multiples of `MULTIPLE`.
    """
    plain = fp32.with_suffix(".plain.onnx")
    example = torch.zeros(1, 3, 4 * MULTIPLE, 4 * MULTIPLE)
    export_onnx(model, plain, {NORMAL: example}, ["logits", "boxes"], {2: "h", 3: "w"})
    network = onnx.load(str(plain))
    heads = [node.name for node in network.graph.node if set(node.output) & {"logits", "boxes"}]
    inputs = CalibrationInputs(NORMAL, (normal(photo) for photo in photos))
    to_int8(plain, int8, inputs, heads)
    _normalize_inside(network)
    onnx.save(network, str(fp32))
    network = onnx.load(str(int8))
    _take_pixels(network)
    onnx.save(network, str(int8))
    plain.unlink()


def normal(pixels: Pixels) -> npt.NDArray[np.float32]:
    """Return H × W × 3 uint8 as the network's own input, 1 × 3 × H × W float32."""
    values = (pixels.astype(np.float32) - ZERO) * np.float32(SCALE)
    return np.ascontiguousarray(values.transpose(2, 0, 1)[None])


def _normalize_inside(network: onnx.ModelProto) -> None:
    network.graph.initializer.extend(
        [
            numpy_helper.from_array(np.float32(ZERO), "pixel_zero"),
            numpy_helper.from_array(np.float32(SCALE), "pixel_scale"),
        ]
    )
    front = [
        to_planes("planes"),
        helper.make_node("Cast", ["planes"], ["values"], to=TensorProto.FLOAT),
        helper.make_node("Sub", ["values", "pixel_zero"], ["centred"]),
        helper.make_node("Mul", ["centred", "pixel_scale"], [NORMAL]),
    ]
    replace_input(network, front, SHAPE)


def _take_pixels(network: onnx.ModelProto) -> None:
    """Use the pixels as the quantized input, with their own scale and zero point."""
    quantizer = input_quantizer(network)
    assert quantizer is not None
    (dequantize,) = [n for n in network.graph.node if quantizer.output[0] in n.input]
    values = {dequantize.input[1]: np.float32(SCALE), dequantize.input[2]: np.uint8(ZERO)}
    for tensor in network.graph.initializer:
        if tensor.name in values:
            tensor.CopyFrom(numpy_helper.from_array(np.asarray(values[tensor.name]), tensor.name))
    replace_quantizer(network, quantizer, SHAPE)

"""An int8 network that takes pixels as they are: what the worker would compute is dropped.

Normalized pixels are quantized again by the network's first step. Where that gives the pixel back,
both are for nothing, and floats take four times the bytes.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from worker.manifest import ModelInput

PIXELS = "pixels"


def take_pixels(path: Path, spec: ModelInput) -> bool:
    """Let a quantized network take N × size × size × 3 uint8; its logits stay the same to the bit.

    Args:
        path: The network, as `onnxruntime.quantization` writes it; overwritten.
        spec: How its input has been fed so far.

    Returns:
        Whether it does now. It does not if its first step gives other values than the pixels, as
        when the crops for calibration had no black or no white.
    """
    model = onnx.load(path)
    graph = model.graph
    (given,) = graph.input
    constants = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
    readers = [node for node in graph.node if given.name in node.input]
    if len(readers) != 1 or readers[0].op_type != "QuantizeLinear":
        return False
    (first,) = readers
    scale, zero = (constants[name] for name in first.input[1:])
    every = np.arange(256, dtype=np.float32)[:, None]
    mean, std = (np.asarray(values, dtype=np.float32) for values in (spec.mean, spec.std))
    fed = (every - mean) * (1 / std)
    if zero.dtype != np.uint8 or not (np.rint(fed / scale) + zero == every).all():
        return False
    place = list(graph.node).index(first)
    planes = helper.make_node("Transpose", [PIXELS], [first.output[0]], perm=[0, 3, 1, 2])
    graph.node.remove(first)
    graph.node.insert(place, planes)
    count = given.type.tensor_type.shape.dim[0].dim_param or "n"
    shape = [count, spec.size, spec.size, 3]
    graph.input.remove(given)
    graph.input.append(helper.make_tensor_value_info(PIXELS, TensorProto.UINT8, shape))
    onnx.checker.check_model(model)
    onnx.save(model, path)
    return True

"""Taps: the tensors inside an 8-bit network from which the second output is computed.

Dark lenses show in the early layers, which still know where in the face it is dark and of which
colour; the last layer has learned to ignore just that. The head therefore reads two maps, an eighth
and a sixteenth of the input's size, and the pooled features of the last layer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from glasses.errors import UsageError
from training.common.geometry import SIZE
from worker.vision.onnx_session import session

STRIDES = (8, 16)
_DEQUANTIZE = "DequantizeLinear"


@dataclass(frozen=True, slots=True)
class Tap:
    """One tensor that the head reads.

    Attributes:
        name: The quantized tensor, uint8.
        shape: Of one crop: channels, height, width; or features.
        scale: Value per step.
        zero: The step of value 0.
    """

    name: str
    shape: tuple[int, ...]
    scale: float
    zero: int

    @property
    def size(self) -> int:
        """Number of values per crop."""
        return int(np.prod(self.shape))


def find_taps(network: onnx.ModelProto) -> list[Tap]:
    """Return the two maps and the pooled features of a network, in this order.

    Of the tensors of one size, blocks pass on the narrowest; the last of them is used.

    Args:
        network: As `training.classifier.quantize.quantize` writes it.

    Raises:
        UsageError: It is not an 8-bit network with such layers.
    """
    pairs = {
        node.input[0]: node.input[1:] for node in network.graph.node if node.op_type == _DEQUANTIZE
    }
    constants = {each.name: each for each in network.graph.initializer}
    names = [name for name in pairs if name not in constants]
    shapes = _shapes(network, names) if names else {}
    maps = [
        _narrowest([n for n in names if shapes[n][1:] == (-(-SIZE // stride),) * 2], shapes)
        for stride in STRIDES
    ]
    pooled = [n for n in names if shapes[n][1:] in {(), (1, 1)} and shapes[n][0] > 1]
    if None in maps or not pooled:
        raise UsageError(
            "the network has no layers of an eighth and a sixteenth of its input's size, from "
            "which kinds of glasses are told: train one of the backbones of `glasses-train fit`"
        )
    chosen = [*maps, pooled[-1]]
    return [
        Tap(
            name,
            shapes[name] if len(shapes[name]) == 3 and shapes[name][1] > 1 else shapes[name][:1],
            *(numpy_helper.to_array(constants[each]).item() for each in pairs[name]),
        )
        for name in chosen
        if name is not None
    ]


def with_outputs(network: onnx.ModelProto, names: list[str]) -> bytes:
    """Return a copy of a network that outputs further uint8 tensors."""
    copy = onnx.ModelProto()
    copy.CopyFrom(network)
    for name in names:
        copy.graph.output.append(helper.make_tensor_value_info(name, TensorProto.UINT8, None))
    data: bytes = copy.SerializeToString()
    return data


def _shapes(network: onnx.ModelProto, names: list[str]) -> dict[str, tuple[int, ...]]:
    """Return the shapes of tensors for one crop, from a run."""
    running = session(with_outputs(network, names))
    node = running.get_inputs()[0]
    is_bytes = node.type == "tensor(uint8)"
    shape = (1, SIZE, SIZE, 3) if is_bytes else (1, 3, SIZE, SIZE)
    blank: npt.NDArray[np.generic] = np.zeros(shape, np.uint8 if is_bytes else np.float32)
    found = running.run(names, {node.name: blank})
    return {name: value.shape[1:] for name, value in zip(names, found, strict=True)}


def _narrowest(names: list[str], shapes: dict[str, tuple[int, ...]]) -> str | None:
    fewest = min((shapes[name][0] for name in names), default=0)
    return next((name for name in reversed(names) if shapes[name][0] == fewest), None)

"""Networks that take uint8 pixels: the worker neither normalizes nor converts to float."""

from __future__ import annotations

from collections.abc import Sequence

import onnx
from onnx import NodeProto, TensorProto, helper

PIXELS = "pixels"
"""Name of the input: N × H × W × 3 uint8."""


def input_quantizer(network: onnx.ModelProto) -> NodeProto | None:
    """Return the node that quantizes the input, if nothing else reads the input."""
    (given,) = network.graph.input
    readers = [node for node in network.graph.node if given.name in node.input]
    if len(readers) == 1 and readers[0].op_type == "QuantizeLinear":
        return readers[0]
    return None


def replace_quantizer(
    network: onnx.ModelProto, quantizer: NodeProto, shape: Sequence[int | str]
) -> None:
    """Feed pixels where the input was quantized: they are 8 bits already.

    Args:
        network: Changed in place.
        quantizer: As `input_quantizer` returns it.
        shape: Of the pixels.
    """
    network.graph.node.remove(quantizer)
    replace_input(network, [to_planes(quantizer.output[0])], shape)


def to_planes(name: str) -> NodeProto:
    """Return a node that turns `PIXELS` into N × 3 × H × W under a name."""
    return helper.make_node("Transpose", [PIXELS], [name], perm=[0, 3, 1, 2])


def replace_input(
    network: onnx.ModelProto, front: Sequence[NodeProto], shape: Sequence[int | str]
) -> None:
    """Replace a network's input by `PIXELS`, which the nodes in `front` read.

    Args:
        network: Changed in place.
        front: Nodes that compute what the network read from its input.
        shape: Of the pixels.
    """
    graph = network.graph
    nodes = [*front, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    del graph.input[:]
    graph.input.append(helper.make_tensor_value_info(PIXELS, TensorProto.UINT8, list(shape)))
    onnx.checker.check_model(network)

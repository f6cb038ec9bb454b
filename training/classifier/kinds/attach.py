"""Attach a head to a network: one ONNX file, whose first output stays equal to the bit."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import onnx
import torch
from onnx import TensorProto, helper

from training.classifier.kinds.head import KindHead
from training.classifier.kinds.taps import Tap
from training.common.export import export_onnx
from training.common.float_weights import HEAD
from worker.vision.classify import LOGITS, SUNGLASSES


def attach(network: onnx.ModelProto, taps: Sequence[Tap], head: KindHead) -> onnx.ModelProto:
    """Return a network with the head's logits as its second output.

    The head stays float: it computes a hundredth of the network. It reads copies of the dequantized
    taps, so that ONNX Runtime fuses the network's own layers as before.

    Args:
        network: The 8-bit network.
        taps: Its taps.
        head: The trained head.
    """
    result = onnx.ModelProto()
    result.CopyFrom(network)
    graph = result.graph
    constants = {
        node.input[0]: node.input[1:] for node in graph.node if node.op_type == "DequantizeLinear"
    }
    exported = _export(head, taps)
    sources = {}
    for number, tap in enumerate(taps):
        name = f"{HEAD}tap{number}"
        sources[f"tap{number}"] = name
        graph.node.append(
            helper.make_node("DequantizeLinear", [tap.name, *constants[tap.name]], [name], name)
        )
    for node in exported.graph.node:
        copy = graph.node.add()
        copy.CopyFrom(node)
        copy.name = HEAD + node.name
        for names in (copy.input, copy.output):
            for i, name in enumerate(names):
                if name and name != SUNGLASSES:
                    names[i] = sources.get(name, HEAD + name)
    for constant in exported.graph.initializer:
        copied = graph.initializer.add()
        copied.CopyFrom(constant)
        copied.name = HEAD + constant.name
    count = graph.output[0].type.tensor_type.shape.dim[0].dim_param or "n"
    graph.output.append(helper.make_tensor_value_info(SUNGLASSES, TensorProto.FLOAT, [count, 1]))
    onnx.checker.check_model(result)
    return result


def without_head(network: onnx.ModelProto) -> onnx.ModelProto:
    """Return a network with its first output alone, as before a head was attached."""
    result = onnx.ModelProto()
    result.CopyFrom(network)
    graph = result.graph
    for field, keep in (
        (graph.node, [n for n in graph.node if not n.name.startswith(HEAD)]),
        (graph.initializer, [i for i in graph.initializer if not i.name.startswith(HEAD)]),
        (graph.output, [o for o in graph.output if o.name == LOGITS]),
    ):
        kept = [type(each).FromString(each.SerializeToString()) for each in keep]
        del field[:]
        field.extend(kept)
    return result


def _export(head: KindHead, taps: Sequence[Tap]) -> onnx.ModelProto:
    """Return the head as ONNX; its inputs are `tap0` to `tap2`."""
    examples = {f"tap{number}": torch.zeros(1, *tap.shape) for number, tap in enumerate(taps)}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "head.onnx"
        export_onnx(head, path, examples, [SUNGLASSES], {0: "n"})
        return onnx.load(path)

"""Export of the detector: one float ONNX file that takes pixels.

It is not quantized: with so few channels per layer, 8 bits take longer than 32.
"""

from __future__ import annotations

from pathlib import Path

import onnx
import torch
from onnx import TensorProto, helper

from training.common.export import export_onnx
from training.common.pixel_input import replace_input, to_planes
from training.detector.network import YuNet
from worker.vision.detect.positions import STRIDES
from worker.vision.detect.proposal import GRIDS, MULTIPLE, TO_SQUARE

VALUES = "values"
"""Name of the network's own input: 1 × 3 × H × W float32, 0 to 255."""
SHAPE = (1, "height", "width", 3)
"""Shape of the released input."""


def export(model: YuNet, path: Path) -> None:
    """Write a network as `worker.vision.detect.proposal.FaceProposer` reads it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    example = torch.zeros(1, 3, 3 * MULTIPLE, 4 * MULTIPLE)
    axes = {
        name: {2: f"height_{stride}", 3: f"width_{stride}"}
        for name, stride in zip(GRIDS, STRIDES, strict=True)
    }
    export_onnx(model, path, {VALUES: example}, (*GRIDS, TO_SQUARE), {2: "h", 3: "w"}, axes)
    network = onnx.load(str(path))
    front = [
        to_planes("planes"),
        helper.make_node("Cast", ["planes"], [VALUES], to=TensorProto.FLOAT),
    ]
    replace_input(network, front, SHAPE)
    onnx.save(network, str(path))

"""Quantization of the classifier: 8 bits inside, uint8 pixels as input."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import nn

from training.classifier.recipe import REDUCED_SIDE
from training.common.export import export_onnx
from training.common.geometry import INPUT, SIZE
from training.common.pixel_input import input_quantizer, replace_quantizer
from training.common.progress import log
from training.common.quantize import CalibrationInputs, to_int8
from worker.vision.classify import CROP_SIZE, LOGITS, normalize
from worker.vision.decode import Pixels
from worker.vision.model_manifest import ModelInput
from worker.vision.reduced_pass import reduced

CALIBRATION_CROPS = 512
CROPS = "crops"
"""Name of the float network's input: N × 3 × H × W float32, normalized."""


def export(model: nn.Module, path: Path) -> None:
    """Write a network as float ONNX with input `crops` of any size and output `logits` (N × 1)."""
    axes = {0: "n", 2: "height", 3: "width"}
    crops = torch.zeros(1, 3, SIZE, SIZE)
    export_onnx(model, path, {CROPS: crops}, [LOGITS], axes, {LOGITS: {0: "n"}})


def quantize(source: Path, target: Path, crops: Pixels, reduce_range: bool = True) -> None:
    """Quantize a network.

    Args:
        source: Float ONNX, as `export` writes it.
        target: The 8-bit network to write.
        crops: N × SIZE × SIZE × 3 uint8, training crops.
        reduce_range: Use 7 of the 8 bits of weights. Without it the probabilities of a photo
            depend on whether the CPU has VNNI; see `training.common.quantize.to_int8`.
    """
    to_int8(source, target, calibration_inputs(crops), reduce_range=reduce_range)
    if not take_pixels(target, INPUT):
        log("quantize: the input stays float: the calibration crops have no black or no white")
    network = onnx.load(target)
    network.metadata_props.add(key=CROP_SIZE, value=str(SIZE))
    onnx.save(network, target)


def calibration_inputs(crops: Pixels, batch: int = 32) -> CalibrationInputs:
    """Return crops as the float network takes them, in batches: at full size, then reduced."""
    starts = range(0, len(crops), batch)
    pixels = (each[i : i + batch] for each in (crops, reduced(crops, REDUCED_SIDE)) for i in starts)
    return CalibrationInputs(CROPS, (normalize(each, INPUT) for each in pixels))


def take_pixels(path: Path, spec: ModelInput) -> bool:
    """Let a quantized network take N × H × W × 3 uint8; its logits stay equal to the bit.

    Where the network's first step turns normalized pixels back into the pixels, both are
    superfluous, and floats take four times the bytes.

    Args:
        path: The network, as `onnxruntime.quantization` writes it; overwritten.
        spec: How its input is normalized.

    Returns:
        Whether the network was changed. It is not if its first step returns other values than the
        pixels, for example because the calibration crops had no black or no white.
    """
    network = onnx.load(path)
    quantizer = input_quantizer(network)
    if quantizer is None:
        return False
    constants = {each.name: numpy_helper.to_array(each) for each in network.graph.initializer}
    scale, zero = (constants[name] for name in quantizer.input[1:])
    values = np.arange(256, dtype=np.float32)[:, None]
    mean, std = (np.asarray(each, dtype=np.float32) for each in (spec.mean, spec.std))
    normalized = (values - mean) * (1 / std)
    if zero.dtype != np.uint8 or not (np.rint(normalized / scale) + zero == values).all():
        return False
    count = network.graph.input[0].type.tensor_type.shape.dim[0].dim_param or "n"
    replace_quantizer(network, quantizer, [count, "height", "width", 3])
    onnx.save(network, path)
    return True

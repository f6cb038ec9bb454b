"""Static quantization of float ONNX: u8 activations, s8 weights per channel, as QDQ."""

from __future__ import annotations

import contextlib
import logging
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process

Floats = npt.NDArray[np.float32]


class CalibrationInputs(CalibrationDataReader):  # type: ignore[misc]  # onnxruntime ships no types
    """Inputs from which the quantizer reads the ranges of activations.

    Args:
        name: The network's input.
        batches: Values of that input.
    """

    def __init__(self, name: str, batches: Iterable[Floats]) -> None:
        self._name = name
        self._batches = iter(batches)

    def get_next(self) -> dict[str, Floats] | None:
        """Return the next input, or None after the last."""
        batch = next(self._batches, None)
        return None if batch is None else {self._name: batch}


def to_int8(
    source: Path,
    target: Path,
    inputs: CalibrationInputs,
    float_nodes: Sequence[str] | None = None,
    reduce_range: bool = False,
) -> None:
    """Quantize a network.

    Args:
        source: Float ONNX.
        target: The 8-bit network to write.
        inputs: Training data; validation and test data must not influence the network.
        float_nodes: Names of nodes that stay float. Give it for networks of open height and
            width, whose upsampling symbolic shape inference cannot follow.
        reduce_range: Use 7 of the 8 bits of weights. CPUs without VNNI add two products of u8 and
            s8 in 16 bits, which saturates with 8.
    """
    logging.getLogger().setLevel(logging.ERROR)  # it warns that pre-processing is recommended
    # Shape inference leaves files in the working directory when it fails.
    source, target = source.resolve(), target.resolve()
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        prepared = Path(folder) / "prepared.onnx"
        quant_pre_process(str(source), str(prepared), skip_symbolic_shape=float_nodes is not None)
        quantize_static(
            str(prepared),
            str(target),
            inputs,
            quant_format=QuantFormat.QDQ,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            per_channel=True,
            reduce_range=reduce_range,
            nodes_to_exclude=list(float_nodes or ()),
            calibrate_method=CalibrationMethod.MinMax,
        )

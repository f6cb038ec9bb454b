"""A float ONNX network -> the same in 8 bits: u8 activations, s8 weights a channel, as QDQ.

Ranges of activations are read off training crops only: validation and test judge, they do not
teach.
"""

from __future__ import annotations

import contextlib
import logging
import tempfile
from collections.abc import Sequence
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

from training.geometry import INPUT
from training.pixels import take_pixels
from training.progress import say
from worker.classify import normalize
from worker.decode import Pixels

CALIBRATION_CROPS = 512
MAX_BYTES = 3_000_000
"""A released file must be smaller: it lies in the repository."""


class _Reader(CalibrationDataReader):  # type: ignore[misc]  # onnxruntime ships no types
    def __init__(self, crops: Pixels, batch: int = 32) -> None:
        starts = range(0, len(crops), batch)
        self._batches = (normalize(crops[i : i + batch], INPUT) for i in starts)

    def get_next(self) -> dict[str, npt.NDArray[np.float32]] | None:
        batch = next(self._batches, None)
        return None if batch is None else {"crops": batch}


def quantize(source: Path, target: Path, crops: Pixels, reduce_range: bool = True) -> None:
    """Quantize a network.

    Weights keep 7 of their 8 bits: CPUs without VNNI add two products of u8 and s8 in 16 bits,
    which saturates otherwise, so that one photo would get other probabilities there than here.

    Args:
        source: Float ONNX, as `training.export` writes it.
        target: Where the 8-bit network goes.
        crops: N × SIZE × SIZE × 3 uint8, training crops.
        reduce_range: Whether they do.
    """
    to_int8(source, target, _Reader(crops), reduce_range=reduce_range)
    if not take_pixels(target, INPUT):
        say("quantize: still fed floats: the crops for calibration have no black or no white")


def to_int8(
    source: Path,
    target: Path,
    reader: CalibrationDataReader,
    leave: Sequence[str] | None = None,
    reduce_range: bool = False,
) -> None:
    """Quantize any network statically.

    Args:
        source: Float ONNX.
        target: Where the 8-bit network goes.
        reader: Gives inputs, from which the ranges of activations are read.
        leave: Names of nodes that stay float; for networks whose height and width are open, which
            symbolic shape inference cannot follow through an upsampling.
        reduce_range: Weights of 7 bits, see `quantize`.
    """
    logging.getLogger().setLevel(logging.ERROR)  # The quantizer warns about what is done next.
    # Shape inference leaves files in the working directory when it gives up: let it be ours.
    source, target = source.resolve(), target.resolve()
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        prepared = Path(folder) / "prepared.onnx"
        quant_pre_process(str(source), str(prepared), skip_symbolic_shape=leave is not None)
        quantize_static(
            str(prepared),
            str(target),
            reader,
            quant_format=QuantFormat.QDQ,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            per_channel=True,
            reduce_range=reduce_range,
            nodes_to_exclude=list(leave or ()),
            calibrate_method=CalibrationMethod.MinMax,
        )

"""Other ways to quantize, for the card's table: 8-bit weights, and torch's own int8.

torch's static quantization is what the 2020 original used. It is deprecated in torch.
"""

from __future__ import annotations

import copy
import io
import time
import warnings
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from training.classifier.augment import centre
from training.classifier.model.backbones import trained_network
from training.classifier.quantize import quantize
from training.classifier.stages.quantize import f1, row
from training.common.crop_set import CropSet
from training.common.geometry import centre_of
from training.common.workspace import Workspace

BATCH = 32
CALIBRATION_CROPS = 512


def variants(
    work: Workspace, validation: CropSet, stored: npt.NDArray[np.uint8]
) -> dict[str, dict[str, Any]]:
    """Return a row for each other quantization; see `training.classifier.stages.quantize`."""
    path, crops = work.int8.with_name("int8-full.onnx"), centre_of(stored)
    quantize(work.fp32, path, crops, reduce_range=False)
    network = TorchInt8(trained_network(work.checkpoint), stored)
    return {
        "int8, weights of 8 bits": row(path, validation, crops),
        "int8 of torch": {
            "bytes": network.size,
            "crops_per_second": round(network.speed(stored)),
            "f1": f1(network(validation), validation),
        },
    }


class TorchInt8:
    """A network in 8 bits on torch's x86 engine, one thread.

    Args:
        model: In evaluation mode; it is copied.
        train: Stored crops from which the ranges of activations are read.
    """

    def __init__(self, model: nn.Module, train: npt.NDArray[np.uint8]) -> None:
        from torch.ao.quantization import get_default_qconfig_mapping
        from torch.ao.quantization.quantize_fx import convert_fx, prepare_fx

        torch.backends.quantized.engine = "x86"
        with warnings.catch_warnings(), torch.inference_mode():
            warnings.simplefilter("ignore")
            some = torch.from_numpy(train[:CALIBRATION_CROPS])
            plain = copy.deepcopy(model).to(memory_format=torch.contiguous_format).eval()
            prepared = prepare_fx(plain, get_default_qconfig_mapping("x86"), (centre(some[:1]),))
            for start in range(0, len(some), BATCH):
                prepared(centre(some[start : start + BATCH]))
            self._model = convert_fx(prepared)

    @property
    def size(self) -> int:
        """Bytes on disk."""
        buffer = io.BytesIO()
        torch.save(self._model.state_dict(), buffer)
        return buffer.tell()

    def __call__(self, crops: CropSet) -> npt.NDArray[np.float32]:
        """Return N logits of stored crops."""
        parts = [torch.zeros(0)]
        with torch.inference_mode():
            for start in range(0, len(crops.rows), BATCH):
                x = centre(torch.from_numpy(crops.pixels[start : start + BATCH]))
                parts.append(self._model(x).reshape(-1))
        return np.asarray(torch.cat(parts).numpy(), dtype=np.float32)

    def speed(self, stored: npt.NDArray[np.uint8], seconds: float = 3.0) -> float:
        """Measure crops per second on one core, normalization included."""
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        some = torch.from_numpy(stored[:BATCH])
        try:
            with torch.inference_mode():
                self._model(centre(some))
                start, done = time.perf_counter(), 0
                while time.perf_counter() - start < seconds:
                    self._model(centre(some))
                    done += len(some)
            return done / (time.perf_counter() - start)
        finally:
            torch.set_num_threads(threads)

"""torch's own static quantization, as the original used it: a row to compare with, not to release.

It is deprecated in torch and will go; a network that it cannot take gives no row.
"""

from __future__ import annotations

import copy
import io
import time
import warnings

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from training.augment import centre
from training.cropset import CropSet

BATCH = 32
CALIBRATE = 512


class TorchInt8:
    """A network in 8 bits on torch's x86 engine, one thread.

    Args:
        model: In evaluation mode; it is copied.
        train: Crops to read the ranges of activations from.
    """

    def __init__(self, model: nn.Module, train: npt.NDArray[np.uint8]) -> None:
        from torch.ao.quantization import get_default_qconfig_mapping
        from torch.ao.quantization.quantize_fx import convert_fx, prepare_fx

        torch.backends.quantized.engine = "x86"
        with warnings.catch_warnings(), torch.inference_mode():
            warnings.simplefilter("ignore")
            some = torch.from_numpy(train[:CALIBRATE])
            plain = copy.deepcopy(model).to(memory_format=torch.contiguous_format).eval()
            ready = prepare_fx(plain, get_default_qconfig_mapping("x86"), (centre(some[:1]),))
            for start in range(0, len(some), BATCH):
                ready(centre(some[start : start + BATCH]))
            self._model = convert_fx(ready)

    @property
    def size(self) -> int:
        """Bytes on disk."""
        buffer = io.BytesIO()
        torch.save(self._model.state_dict(), buffer)
        return buffer.tell()

    def __call__(self, crops: CropSet) -> npt.NDArray[np.float32]:
        """Stored crops -> N logits."""
        parts = [torch.zeros(0)]
        with torch.inference_mode():
            for start in range(0, len(crops.rows), BATCH):
                x = centre(torch.from_numpy(crops.pixels[start : start + BATCH]))
                parts.append(self._model(x).reshape(-1))
        return np.asarray(torch.cat(parts).numpy(), dtype=np.float32)

    def speed(self, stored: npt.NDArray[np.uint8], seconds: float = 3.0) -> float:
        """Crops a second, normalisation included, on one core."""
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

"""An ONNX file and crops -> logits, fed as the worker feeds it."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime

from training.geometry import INPUT
from worker.classify import BATCH, feed
from worker.decode import Pixels


class Scorer:
    """A network on ONNX Runtime, one thread.

    Args:
        path: The ONNX file, float or quantized.
    """

    def __init__(self, path: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )

    def __call__(self, crops: Pixels) -> npt.NDArray[np.float32]:
        """N × SIZE × SIZE × 3 uint8 -> N logits."""
        parts = [np.zeros(0, dtype=np.float32)]
        for start in range(0, len(crops), BATCH):
            fed = feed(self._session, crops[start : start + BATCH], INPUT)
            (logits,) = self._session.run(None, fed)
            parts.append(np.asarray(logits, dtype=np.float32).reshape(-1))
        return np.concatenate(parts)

    def speed(self, crops: Pixels, seconds: float = 3.0) -> float:
        """Crops a second, normalisation included, on one core."""
        self(crops[:BATCH])
        start, done = time.perf_counter(), 0
        while time.perf_counter() - start < seconds:
            self(crops[:BATCH])
            done += min(BATCH, len(crops))
        return done / (time.perf_counter() - start)

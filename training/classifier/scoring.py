"""Logits of an ONNX network, fed as the worker feeds it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from training.common.geometry import INPUT
from worker.vision.classify import BATCH, LOGITS, feed
from worker.vision.decode import Pixels
from worker.vision.onnx_session import session

SPEED_SECONDS = 1.0
"""Duration of a measurement of speed."""


class Scorer(Protocol):
    """A network, or a combination of passes of one."""

    def __call__(self, crops: Pixels) -> npt.NDArray[np.float32]:
        """Return N logits of crops, N × SIZE × SIZE × 3 uint8."""
        ...

    def outputs(self, crops: Pixels, names: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return the logits of some outputs, len(names) × N."""
        ...


class OnnxScorer:
    """A network on ONNX Runtime, in the worker's session.

    Args:
        path: The ONNX file, float or quantized.
    """

    def __init__(self, path: Path) -> None:
        self._session = session(path.read_bytes())

    def __call__(self, crops: Pixels) -> npt.NDArray[np.float32]:
        """Return N logits of crops, N × H × W × 3 uint8; see `Scorer`."""
        return self.outputs(crops, [LOGITS]).reshape(-1)

    def outputs(self, crops: Pixels, names: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return the logits of some outputs; see `Scorer`."""
        parts = [np.zeros((len(names), 0), dtype=np.float32)]
        for start in range(0, len(crops), BATCH):
            fed = feed(self._session, crops[start : start + BATCH], INPUT)
            found = self._session.run(list(names), fed)
            parts.append(np.stack([np.asarray(each).reshape(-1) for each in found]))
        return np.concatenate(parts, axis=1)

    def speed(self, crops: Pixels) -> float:
        """Measure crops per second on one core, normalization included."""
        self(crops[:BATCH])
        start, done = time.perf_counter(), 0
        while time.perf_counter() - start < SPEED_SECONDS:
            self(crops[:BATCH])
            done += min(BATCH, len(crops))
        return done / (time.perf_counter() - start)

"""The files of one training run, the same for both networks."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from glasses.errors import UsageError

CHECKPOINT = "run.pt"
LOG = "log.csv"
LEARNING_CURVES = "learning-curves.png"
RESULT = "result.json"
WEIGHTS = "weights.npz"


class RunFiles:
    """Paths of what the stages of a run write; subclasses say where the run is."""

    NETWORKS: ClassVar[str] = "quantize"
    """Subfolder of the exported networks."""

    @property
    def run(self) -> Path:
        """Folder of the run."""
        raise NotImplementedError

    @property
    def fit(self) -> Path:
        """Folder of checkpoint, log and result of the training."""
        return self.run / "fit"

    @property
    def checkpoint(self) -> Path:
        """The training state after the last finished epoch."""
        return self.fit / CHECKPOINT

    @property
    def fp32(self) -> Path:
        """The float network."""
        return self.run / self.NETWORKS / "fp32.onnx"

    @property
    def int8(self) -> Path:
        """The quantized network."""
        return self.run / self.NETWORKS / "int8.onnx"

    @property
    def exported(self) -> Sequence[Path]:
        """The exported networks, the released one first."""
        return self.int8, self.fp32

    @property
    def weights(self) -> Path:
        """The float weights by name, to train further."""
        return self.run / self.NETWORKS / WEIGHTS

    @property
    def network_facts(self) -> Path:
        """Size, speed and origin of both networks, as JSON."""
        return self.run / self.NETWORKS / "networks.json"

    @property
    def report(self) -> Path:
        """The evaluation, as JSON."""
        return self.run / "evaluate" / "report.json"


def require(path: Path, stage: str) -> Path:
    """Return a file that an earlier stage writes.

    Raises:
        UsageError: It does not exist.
    """
    if not path.is_file():
        raise UsageError(f"no {path}: run `glasses-train {stage}` first")
    return path


def read_json(path: Path, stage: str) -> Any:
    """Return the content of a JSON file that an earlier stage writes.

    Raises:
        UsageError: It does not exist.
    """
    return json.loads(require(path, stage).read_text())

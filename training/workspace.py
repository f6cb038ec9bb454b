"""Where each stage leaves its result, and the data as all stages see it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from glasses.errors import UsageError
from training import cropset, splits
from training.cropset import CropSet
from training.datasets import Dataset, discover
from training.sample import Sample


@dataclass(frozen=True)
class Workspace:
    """One data root and one runs folder.

    Attributes:
        data: The folder that holds the datasets.
        runs: Where stages read and write.
    """

    data: Path
    runs: Path

    @property
    def crops(self) -> Path:
        """Folder of stored crops."""
        return self.runs / "crops"

    @property
    def fit(self) -> Path:
        """Folder of the training run."""
        return self.runs / "fit"

    @property
    def fp32(self) -> Path:
        """The float network."""
        return self.runs / "quantize" / "fp32.onnx"

    @property
    def int8(self) -> Path:
        """The quantized network."""
        return self.runs / "quantize" / "int8.onnx"

    @property
    def network_facts(self) -> Path:
        """Size, speed and origin of both networks, as JSON."""
        return self.runs / "quantize" / "networks.json"

    @property
    def report(self) -> Path:
        """The evaluation, as JSON."""
        return self.runs / "evaluate" / "report.json"

    @cached_property
    def datasets(self) -> list[Dataset]:
        """Every dataset in the data root."""
        return discover(self.data)

    @cached_property
    def samples(self) -> list[Sample]:
        """All photos."""
        return [sample for dataset in self.datasets for sample in dataset.samples]

    @cached_property
    def part_of(self) -> dict[str, str]:
        """Photo name -> part of the split."""
        return splits.split(self.samples)

    def photos(self, part: str) -> list[Sample]:
        """The photos of one part."""
        return [sample for sample in self.samples if self.part_of[sample.name] == part]

    def stored_crops(self, *parts: str) -> list[CropSet]:
        """The stored crops of some parts.

        Raises:
            UsageError: The stage `crops` has not been run.
        """
        names = [dataset.name for dataset in self.datasets]
        missing = [name for name in names if not (self.crops / f"{name}.done").is_file()]
        if missing:
            raise UsageError(f"no crops of {', '.join(missing)}: run `glasses-train crops` first")
        every = cropset.read(self.crops, names)
        return [cropset.select(every, self.part_of, part) for part in parts]


def need(path: Path, stage: str) -> Path:
    """A file that an earlier stage makes.

    Raises:
        UsageError: It is not there.
    """
    if not path.is_file():
        raise UsageError(f"no {path}: run `glasses-train {stage}` first")
    return path


def write_json(path: Path, value: Any) -> None:
    """Write indented JSON, with its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2) + "\n")

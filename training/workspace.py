"""Where each stage leaves its result, and the data as all stages see it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from glasses.errors import UsageError
from training import corrections, cropset, splits
from training.corrections import Corrections
from training.cropset import CropSet
from training.datasets import Dataset, discover
from training.progress import say
from training.sample import Sample


@dataclass(frozen=True)
class Workspace:
    """One data root and one runs folder.

    Attributes:
        data: The folder that holds the datasets.
        runs: Where stages read and write.
        split: Which photos train and which judge, see `training.splits`.
        variant: What else is not as usual (network, recipe); runs of each keep apart.
        corrections_file: Labels that a person put right, see `training.corrections`.
    """

    data: Path
    runs: Path
    split: str = splits.PEOPLE
    variant: str = ""
    corrections_file: Path | None = None

    @property
    def run(self) -> Path:
        """Folder of what depends on split and variant; crops and faces serve all."""
        parts = [self.variant, "" if self.split == splits.PEOPLE else self.split]
        name = "+".join(part for part in parts if part)
        return self.runs / "variants" / name if name else self.runs

    @property
    def faces(self) -> Path:
        """Folder of the faces that the worker would show to the network."""
        return self.runs / "faces"

    @property
    def crops(self) -> Path:
        """Folder of stored crops."""
        return self.runs / "crops"

    @property
    def fit(self) -> Path:
        """Folder of the training run."""
        return self.run / "fit"

    @property
    def fp32(self) -> Path:
        """The float network."""
        return self.run / "quantize" / "fp32.onnx"

    @property
    def int8(self) -> Path:
        """The quantized network."""
        return self.run / "quantize" / "int8.onnx"

    @property
    def network_facts(self) -> Path:
        """Size, speed and origin of both networks, as JSON."""
        return self.run / "quantize" / "networks.json"

    @property
    def report(self) -> Path:
        """The evaluation, as JSON."""
        return self.run / "evaluate" / "report.json"

    @cached_property
    def datasets(self) -> list[Dataset]:
        """Every dataset in the data root."""
        return discover(self.data)

    @cached_property
    def corrections(self) -> Corrections:
        """What a person put right."""
        return corrections.read(self.corrections_file)

    @cached_property
    def samples(self) -> list[Sample]:
        """All photos, their labels corrected."""
        if strangers := corrections.unknown(self.corrections, self._every):
            say(f"warning: {len(strangers)} corrected photos do not exist, first {strangers[0]}")
        return corrections.correct(self._every, self.corrections)

    @cached_property
    def division(self) -> splits.Split:
        """Fold and part of every photo.

        By the labels as they came: a correction moves nobody to another side, where a network that
        was trained before it may have learned from them.
        """
        return splits.assign(self._every, self.split)

    @cached_property
    def _every(self) -> list[Sample]:
        return [sample for dataset in self.datasets for sample in dataset.samples]

    @cached_property
    def part_of(self) -> dict[str, str]:
        """Photo name -> part of the split; photos that were dropped are in none."""
        return {sample.name: self.division.part[sample.name] for sample in self.samples}

    def photos(self, part: str) -> list[Sample]:
        """The photos of one part."""
        return [sample for sample in self.samples if self.part_of[sample.name] == part]

    def stored_crops(self, *parts: str | None) -> list[CropSet]:
        """The stored crops of some parts; None is all parts together.

        Raises:
            UsageError: The stage `crops` has not been run.
        """
        names = [dataset.name for dataset in self.datasets]
        missing = [name for name in names if not (self.crops / f"{name}.done").is_file()]
        if missing:
            raise UsageError(f"no crops of {', '.join(missing)}: run `glasses-train crops` first")
        every = cropset.read(self.crops, names)
        rows = [corrections.correct_row(row, self.corrections) for row in every.rows]
        every = CropSet(rows, every.pixels)
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

"""Where the stages of the proposing network leave their results, and the photos they see."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from training.datasets import Dataset
from training.proposals import known
from training.proposals.known import Known
from training.sample import Sample
from training.splits import TRAIN
from training.workspace import Workspace

ALIGNED_PHOTOS = 4000
"""Of a dataset of face crops, which all look alike, only so many are used, and only to train."""


@dataclass(frozen=True)
class Space:
    """A workspace with what only this network needs.

    Attributes:
        work: Data, split and runs folder of all training.
        face_free: A folder of photos without faces.
    """

    work: Workspace
    face_free: Path | None

    @property
    def runs(self) -> Path:
        """Where everything of this network lies."""
        return self.work.runs / "proposals"

    @property
    def known_folder(self) -> Path:
        """Known faces, a file a dataset."""
        return self.runs / "known"

    @property
    def fit(self) -> Path:
        """Checkpoint and log."""
        return self.runs / "fit"

    @property
    def fp32(self) -> Path:
        """The float network."""
        return self.runs / "export" / "fp32.onnx"

    @property
    def int8(self) -> Path:
        """The quantized network."""
        return self.runs / "export" / "int8.onnx"

    @property
    def report(self) -> Path:
        """The evaluation, as JSON."""
        return self.runs / "evaluate" / "report.json"

    @cached_property
    def datasets(self) -> list[Dataset]:
        """Whole photos, and a part of the aligned crops."""
        return [self._some(d) if d.aligned else d for d in self.work.datasets]

    @cached_property
    def known(self) -> dict[str, Known]:
        """Photo name -> its faces."""
        return known.read(self.known_folder, [d.name for d in self.datasets])

    def samples(self, part: str) -> list[Sample]:
        """The photos of one part, in the order of the datasets."""
        part_of = self.work.part_of
        return [s for d in self.datasets for s in d.samples if part_of[s.name] == part]

    def _some(self, dataset: Dataset) -> Dataset:
        train = [s for s in dataset.samples if self.work.part_of[s.name] == TRAIN]
        chosen = np.random.default_rng(0).permutation(len(train))[:ALIGNED_PHOTOS]
        return dataclasses.replace(dataset, samples=tuple(train[i] for i in sorted(chosen)))

"""The detector's workspace: paths of its run, and the photos that it uses."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import ClassVar

import numpy as np

from training.common.datasets import Dataset
from training.common.run_files import RunFiles
from training.common.sample import Sample
from training.common.splits import TRAIN
from training.common.workspace import Workspace
from training.detector import pseudo_labels
from training.detector.pseudo_labels import PseudoLabels

ALIGNED_PHOTOS = 4000
"""Number of photos that are used of a dataset of face crops, which are all alike; for training
only."""


@dataclass(frozen=True)
class DetectorWorkspace(RunFiles):
    """A workspace with what only this network needs.

    Attributes:
        work: Data, split and runs folder of all training.
        face_free: A folder of photos without faces.
    """

    NETWORKS: ClassVar[str] = "export"

    work: Workspace
    face_free: Path | None

    @property
    def run(self) -> Path:
        """Folder of everything that this network's stages write."""
        return self.work.runs / "proposals"

    @property
    def exported(self) -> Sequence[Path]:
        """The exported network."""
        return (self.fp32,)

    @property
    def pseudo_labels_folder(self) -> Path:
        """Folder of pseudo-labels, one file per dataset."""
        return self.run / "known"

    @cached_property
    def datasets(self) -> list[Dataset]:
        """Datasets of whole photos, and a part of those of aligned crops."""
        return [self._some(d) if d.aligned else d for d in self.work.datasets]

    @cached_property
    def known(self) -> dict[str, PseudoLabels]:
        """Photo name -> its faces."""
        return pseudo_labels.read(self.pseudo_labels_folder, [d.name for d in self.datasets])

    def samples(self, part: str) -> list[Sample]:
        """Return the photos of one part, in the order of the datasets."""
        part_of = self.work.part_of
        return [s for d in self.datasets for s in d.samples if part_of[s.name] == part]

    def _some(self, dataset: Dataset) -> Dataset:
        train = [s for s in dataset.samples if self.work.part_of[s.name] == TRAIN]
        chosen = np.random.default_rng(0).permutation(len(train))[:ALIGNED_PHOTOS]
        return dataclasses.replace(dataset, samples=tuple(train[i] for i in sorted(chosen)))

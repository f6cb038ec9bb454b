"""The data root and the runs folder, as the stages see them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from glasses.errors import UsageError
from training.common import corrections, crop_set, splits
from training.common.copies import keep_together
from training.common.corrections import Corrections
from training.common.crop_set import CropSet
from training.common.datasets import Dataset, discover
from training.common.datasets.label_check import check_labels
from training.common.progress import log
from training.common.run_files import RunFiles
from training.common.sample import Sample


@dataclass(frozen=True)
class Workspace(RunFiles):
    """One data root and one runs folder.

    Attributes:
        data: Folder of the datasets.
        runs: Folder that stages read from and write to.
        split: Which photos train and which test, see `training.common.splits`.
        variant: What else differs from the defaults (network, recipe); each variant has a folder.
        corrections_file: Labels that a person corrected, see `training.common.corrections`.
    """

    data: Path
    runs: Path
    split: str = splits.PEOPLE
    variant: str = ""
    corrections_file: Path | None = None

    @property
    def run(self) -> Path:
        """Folder of what depends on split and variant; all runs share the crops."""
        parts = [self.variant, "" if self.split == splits.PEOPLE else self.split]
        name = "+".join(part for part in parts if part)
        return self.runs / "variants" / name if name else self.runs

    @property
    def kinds(self) -> Path:
        """Folder of the second output."""
        return self.run / "kinds"

    @property
    def crops(self) -> Path:
        """Folder of stored crops, and of the faces that the worker would classify."""
        return self.runs / "crops"

    @cached_property
    def datasets(self) -> list[Dataset]:
        """Every dataset in the data root."""
        return discover(self.data)

    @property
    def terms(self) -> dict[str, str]:
        """Dataset -> what its authors allow."""
        return {dataset.name: dataset.terms for dataset in self.datasets}

    @property
    def aligned(self) -> set[str]:
        """Names of the datasets of face crops, as opposed to whole photos."""
        return {dataset.name for dataset in self.datasets if dataset.aligned}

    @cached_property
    def corrections(self) -> Corrections:
        """Labels that a person corrected."""
        return corrections.read(self.corrections_file)

    @cached_property
    def samples(self) -> list[Sample]:
        """All photos with corrected labels."""
        if unknown := corrections.unknown(self.corrections, self.original_samples):
            log(f"warning: {len(unknown)} corrected photos do not exist, first {unknown[0]}")
        return corrections.correct(self.original_samples, self.corrections)

    @cached_property
    def division(self) -> splits.Split:
        """Fold and part of every photo.

        It depends on the original labels: a correction moves no photo to another part, where a
        network that was trained before may have learned from it.
        """
        return splits.assign(self.original_samples, self.split)

    @cached_property
    def original_samples(self) -> list[Sample]:
        """All photos with their original labels."""
        return keep_together([sample for dataset in self.datasets for sample in dataset.samples])

    @cached_property
    def part_of(self) -> dict[str, str]:
        """Photo name -> part of the split; dropped photos are missing."""
        return {sample.name: self.division.part[sample.name] for sample in self.samples}

    def check_labels(self) -> None:
        """Check the labels of all photos; call it before any work.

        Raises:
            UsageError: A network cannot learn from them.
        """
        check_labels(self.samples)

    def photos(self, part: str) -> list[Sample]:
        """Return the photos of one part."""
        return [sample for sample in self.samples if self.part_of[sample.name] == part]

    def stored_crops(self, *parts: str | None) -> list[CropSet]:
        """Return the stored crops of some parts; None stands for all parts together.

        Raises:
            UsageError: The stage `crops` was not run.
        """
        names = [dataset.name for dataset in self.datasets]
        missing = [name for name in names if not (self.crops / f"{name}.done").is_file()]
        if missing:
            raise UsageError(f"no crops of {', '.join(missing)}: run `glasses-train crops` first")
        stored = crop_set.read(self.crops, names)
        rows = [corrections.correct_row(row, self.corrections) for row in stored.rows]
        corrected = CropSet(rows, stored.pixels)
        return [crop_set.select(corrected, self.part_of, part) for part in parts]
